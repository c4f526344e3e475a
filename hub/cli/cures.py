"""What cures a failed step of an examination, in Vietnamese and English."""

CURES = {
    "disabled": (
        "thiết bị bị tắt trong cấu hình; bỏ `enabled: false` nếu muốn theo dõi nó",
        "the device is switched off in its file; remove `enabled: false` to watch it",
    ),
    "name": (
        "sửa `host:` trong `connection:`, hoặc máy chủ tên (DNS) của máy này; thử dùng địa chỉ IP",
        "correct `host:` of its connection, or the name server of this machine; try its IP address",
    ),
    "port_refused": (
        "máy có ở đó nhưng không có gì nghe ở cổng này: kiểm tra `port:`, và dịch vụ đã được bật trên thiết bị chưa",
        "the machine is there and nothing listens on this port: check `port:`, and whether the service is switched on",
    ),
    "port_silent": (
        "không có gì trả lời: kiểm tra nguồn, cáp, switch, địa chỉ IP và tường lửa trên đường đi",
        "nothing comes back: check power, cable, switch, the address, and firewalls on the way",
    ),
    "no_hub": (
        "trung tâm không chạy ở địa chỉ này: khởi động bằng `citywatch run`, hoặc kiểm tra `web:` của site.yaml",
        "no hub runs at this address: start it with `citywatch run`, or check `web:` of site.yaml",
    ),
    "unsigned": (
        "khóa chung hoặc đồng hồ khác nhau: khởi động lại trung tâm sau khi đổi `secret:`, và kiểm tra giờ máy",
        "secret or clocks differ: start the hub anew after a change of `secret:`, and check this machine's clock",
    ),
    "unreachable": (
        "kết nối không đứng vững: kiểm tra nguồn, cáp, địa chỉ, và thiết bị có giới hạn số kết nối không",
        "the connection does not hold: check power, cable, the address, and whether the device limits its connections",
    ),
    "refused": (
        "thiết bị từ chối: xem quyền của tài khoản, danh sách địa chỉ được phép và số phiên tối đa trên thiết bị",
        "the device refuses: look at the account's rights, its list of allowed addresses and its limit of sessions",
    ),
    "auth_failed": (
        "sai tên, mật khẩu, community hoặc mã: sửa bí mật được tham chiếu trong `connection:` và quyền trên thiết bị",
        "user, password, community or token is wrong: correct the secret that `connection:` refers to, or the account",
    ),
    "cert_untrusted": (
        "chứng thư chưa được tin: xem câu trên nói bên nào từ chối; `citywatch certs` chỉ tệp nào chép sang đâu",
        "a certificate is not trusted: the line above says by which side; see `citywatch certs`",
    ),
    "cert_expired": (
        "chứng thư hết hạn hoặc đồng hồ sai: gia hạn chứng thư, kiểm tra giờ của máy này và của thiết bị",
        "a certificate has expired, or a clock is wrong: renew it, compare the time of this machine and of the device",
    ),
    "timeout": (
        "đường truyền có nhưng không có câu trả lời: kiểm tra mã đơn vị (unit), giao thức, `timeout:`",
        "the way is there and no answer comes: check unit id, protocol and `timeout:`, and whether it is busy",
    ),
    "protocol_error": (
        "câu trả lời không đúng giao thức: kiểm tra cổng, kiểu khung (framing), đơn vị và loại thiết bị",
        "what comes back is not this protocol: check port, framing, unit and model of the device",
    ),
    "clock_skew": (
        "đồng hồ thiết bị sai: đặt lại giờ và khai báo máy chủ NTP trên thiết bị",
        "the device's clock is wrong: set it, and give it a time server (NTP)",
    ),
    "stream_lost": (
        "camera trả lời nhưng không có hình: kiểm tra ống kính, cáp và kênh trên đầu ghi (`source:`)",
        "the camera answers and sees nothing: look at lens and cable, and at the recorder's channel (`source:`)",
    ),
    "storage_failed": (
        "thẻ nhớ hoặc ổ cứng của camera hỏng, có thể không ghi hình: thay thẻ hoặc ổ, rồi định dạng trên camera",
        "card or disk of the camera has failed, it may record nothing: replace it and format it at the camera",
    ),
    "misconfigured": (
        "cấu hình không thể chạy: sửa theo câu trên rồi chạy `citywatch check`",
        "the configuration cannot work: change what the line above names, then run `citywatch check`",
    ),
    "library": (
        "thiếu thư viện của giao thức: cài đặt theo câu trên",
        "the protocol's library is missing: install what the line above names",
    ),
    "points_refused": (
        "thiết bị không có những điểm này: so hồ sơ và tham số (`with:`) với tài liệu của thiết bị",
        "the device does not have these points: compare profile and parameters (`with:`) with the device's document",
    ),
    "no_values": (
        "không điểm nào có giá trị: kiểm tra hồ sơ và tham số; `citywatch trace` cho thấy từng byte",
        "no point has a value: check profile and parameters; `citywatch trace` shows every byte",
    ),
    "undecodable": (
        "thiết bị gửi khác với hồ sơ: so kiểu, thứ tự byte (`order`) và `map:` với tài liệu; xem `citywatch trace`",
        "it sends other things than its profile says: compare type, byte order and `map:` with its document; see trace",
    ),
    "out_of_range": (
        "giá trị nằm ngoài khoảng hợp lý: kiểm tra `scale`, `order` và `range` của điểm",
        "a value is outside what is normal: check `scale`, `order` and `range` of the point",
    ),
    "silent": (
        "thiết bị chưa nói gì: kiểm tra `topic:` và tên thiết bị; cảm biến chạy pin có thể chỉ báo mỗi giờ, hãy dùng "
        "`--listen 1h`",
        "the device has said nothing: check `topic:` and its name; a sensor on a battery may report once an hour: try "
        "`--listen 1h`",
    ),
}  # fmt: skip
_UNKNOWN = "protocol_error"


def cure(why: str, language: str) -> str:
    """Return what cures a step that failed for a reason."""
    vi, en = CURES.get(why, CURES[_UNKNOWN])
    return vi if language == "vi" else en
