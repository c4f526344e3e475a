// The words about how heavy the alarms weigh on people.

import type { Pair } from "./words-device.ts";

export const LOAD_WORDS = {
  load: ["Tải báo động", "Alarm load"],
  load_8h: ["8 giờ", "8 hours"],
  load_day: ["24 giờ", "24 hours"],
  load_week: ["7 ngày", "7 days"],
  load_month: ["30 ngày", "30 days"],
  load_covered: ["Hệ thống chạy trong phần thời gian:", "The hub ran for this part of the time:"],
  load_alarms: ["Báo động", "Alarms"],
  load_held: ["bị gác, không tính", "held, not counted"],
  load_ten: ["Mỗi người trực, 10 phút", "Per operator, 10 minutes"],
  load_per_day: ["Mỗi người trực, 1 ngày", "Per operator, a day"],
  load_peak: ["Cao điểm 10 phút", "Peak of 10 minutes"],
  load_flood: ["Thời gian tràn báo động", "Time in flood"],
  load_ack: ["Chờ xác nhận (giữa)", "Time to acknowledge (median)"],
  load_never: ["chưa xác nhận", "never"],
  load_mix: ["Theo mức ưu tiên", "By priority"],
  load_floods: ["Các đợt tràn", "Floods"],
  load_top: ["Mười báo động nhiều nhất", "The ten most frequent"],
  load_chattering: ["Chập chờn (nhiều lần trong một phút)", "Chattering (often within a minute)"],
  load_standing: ["Kéo dài hơn một ngày", "Standing for more than a day"],
  per_minute: ["lần/phút", "a minute"],
  hours: ["giờ", "h"],
  load_none: ["Không có", "None"],
  flood_on: ["TRÀN BÁO ĐỘNG", "ALARM FLOOD"],
  flood_since: ["từ", "since"],
  flood_alarms: ["báo động; cháy luôn ở đầu danh sách", "alarms; fires stand first"],
} satisfies Record<string, Pair>;
