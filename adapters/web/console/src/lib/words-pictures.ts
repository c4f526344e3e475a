// The words about cameras beside alarms and their pictures.

import type { Pair } from "./words-device.ts";

export const PICTURE_WORDS = {
  cameras: ["Camera gần nhất", "Nearest cameras"],
  show_pictures: ["Xem ảnh", "Show pictures"],
  looks_are_noted: ["Mỗi lần xem đều được ghi nhật ký", "Every look is journaled"],
  pictures_coming: ["Đang lấy ảnh", "Pictures are being taken"],
  no_pictures: ["Không có ảnh nào được giữ", "No pictures were kept"],
  no_pictures_now: ["Chưa đọc được ảnh", "The pictures cannot be read now"],
  pictures_looked_at: ["Đã xem ảnh của báo động", "Looked at pictures of an alarm"],
} satisfies Record<string, Pair>;
