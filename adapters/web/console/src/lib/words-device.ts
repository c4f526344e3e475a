// The words about one device: what passes between it and the hub, and what it may be asked to do.

export type Pair = readonly [vi: string, en: string];

export const DEVICE_WORDS = {
  exchange: ["Trao đổi với thiết bị", "Traffic with the device"],
  asked: ["Đã hỏi", "Asked"],
  answered: ["trả lời", "answered"],
  timeouts: ["Quá hạn", "Time-outs"],
  exceptions: ["Giá trị bị từ chối", "Values refused"],
  answer_time: ["Thời gian trả lời p50 / p95", "Answer time p50 / p95"],
  reconnects: ["Nối lại", "Reconnects"],
  messages: ["Bản tin", "Messages"],
  undecodable: ["Không hiểu được", "Not understood"],
  bytes: ["Gửi / nhận", "Sent / received"],
  commands: ["Lệnh", "Commands"],
  reason_hint: ["Lý do ra lệnh, được ghi vào nhật ký", "Why: the journal keeps it"],
  operate: ["Thực hiện", "Operate"],
  cancel: ["Hủy", "Cancel"],
  selection_over: ["Hết thời gian chọn; hãy chọn lại", "The selection is over; select again"],
  command_unheard: ["Trung tâm không trả lời; xem nhật ký để biết kết quả", "The hub did not answer; the journal tells what became of it"],
  out_done: ["đã thực hiện", "done"],
  out_refused: ["bị từ chối", "refused"],
  out_awaiting: ["chờ người thứ hai xác nhận", "waits for a second person"],
  awaiting: ["Lệnh chờ người thứ hai", "Commands that wait for a second person"],
  asked_by: ["người ra lệnh", "given by"],
  confirm: ["Xác nhận", "Confirm"],
  withdraw: ["Rút lại", "Take back"],
  second_person: ["cần một người khác xác nhận", "somebody else must confirm it"],
  out_unknown: ["KHÔNG RÕ KẾT QUẢ", "RESULT UNKNOWN"],
} as const satisfies Record<string, Pair>;
