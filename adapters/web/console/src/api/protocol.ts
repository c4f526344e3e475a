// What travels between hub and console, by the names this console uses; the shapes are generated from the hub's models.

import type { Ahead, Del, Do, Lost, Put, PutMany, Resumed, Snap, SnapBegin, SnapEnd } from "./types.gen.ts";

export type {
  AlarmRow, BadRow, FloodRow, KpiAnswer, AwaitingPage, AwaitingRow, BucketRow, ChannelRow, ChecklistAnswer, ChecklistStep, DeadLetterPage, DeliveryRow, NotificationsAnswer, RetryAnswer, UndeliveredRow, CommandAnswer, CommandPage, CommandRecord, CommandRow, Declined, DeviceAnswer, DeviceHeard, DeviceRow, DeviceStatistics, Do, Done, Filter,
  Heartbeat, HealthWord, HeldPage, HeldRow, Hello, HoldAnswer, HoldRow, HoldWord, HistoryAnswer, JournalEntry, JournalPage, LookedPage, LookRequest, PassagePage, PassageRow, PictureRow, PicturesAnswer, MapAnswer, MeAnswer, Operation, PointDetail, PointPage, PointRow, Position, PriorityWord, Problem,
  QualityWord, SelectAnswer, ServerMessage, SiteAnswer, StateWord, Sub, Sum, Text, Topic, ZonePage, ZoneRow,
} from "./types.gen.ts";

export type Scalar = boolean | number | string;

/** What a hold is asked for with. */
export type HoldWish = Partial<Pick<Do, "until" | "once" | "of">>;

/** The messages that belong to one subscription. */
export type TopicMessage = SnapBegin | Snap | SnapEnd | Resumed | Ahead | Put | Del | PutMany | Lost;
