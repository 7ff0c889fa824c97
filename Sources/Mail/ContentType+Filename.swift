// ContentType+Filename.swift — what a file probably is, by the end of its name.

extension ContentType {
    /// Of what people attach to mail; everything else is `application/octet-stream`.
    private static let known: [String: ContentType] = [
        "pdf": .init("application", "pdf"), "zip": .init("application", "zip"), "gz": .init("application", "gzip"),
        "json": .init("application", "json"), "xml": .init("application", "xml"), "rtf": .init("application", "rtf"),
        "doc": .init("application", "msword"), "xls": .init("application", "vnd.ms-excel"),
        "ppt": .init("application", "vnd.ms-powerpoint"),
        "docx": .init("application", "vnd.openxmlformats-officedocument.wordprocessingml.document"),
        "xlsx": .init("application", "vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        "pptx": .init("application", "vnd.openxmlformats-officedocument.presentationml.presentation"),
        "odt": .init("application", "vnd.oasis.opendocument.text"),
        "ods": .init("application", "vnd.oasis.opendocument.spreadsheet"),
        "epub": .init("application", "epub+zip"), "p7s": .init("application", "pkcs7-signature"),
        "js": .init("text", "javascript"),
        "txt": .init("text", "plain"), "log": .init("text", "plain"), "md": .init("text", "markdown"),
        "csv": .init("text", "csv"), "tsv": .init("text", "tab-separated-values"), "html": .init("text", "html"),
        "htm": .init("text", "html"), "css": .init("text", "css"), "ics": .init("text", "calendar"),
        "vcf": .init("text", "vcard"), "eml": .init("message", "rfc822"),
        "png": .init("image", "png"), "jpg": .init("image", "jpeg"), "jpeg": .init("image", "jpeg"),
        "gif": .init("image", "gif"), "webp": .init("image", "webp"), "avif": .init("image", "avif"),
        "heic": .init("image", "heic"), "svg": .init("image", "svg+xml"), "bmp": .init("image", "bmp"),
        "tif": .init("image", "tiff"), "tiff": .init("image", "tiff"), "ico": .init("image", "vnd.microsoft.icon"),
        "mp3": .init("audio", "mpeg"), "m4a": .init("audio", "mp4"), "ogg": .init("audio", "ogg"),
        "wav": .init("audio", "wav"), "mp4": .init("video", "mp4"), "mov": .init("video", "quicktime"),
        "webm": .init("video", "webm"),
    ]

    static let octetStream = ContentType("application", "octet-stream")

    init(filename: String) {
        guard let dot = filename.utf8.lastIndex(of: .dot) else {
            self = .octetStream
            return
        }
        let ending = filename.utf8[dot...].dropFirst().map(\.asciiLowercased)
        self = Self.known[String(decoding: ending, as: UTF8.self)] ?? .octetStream
    }
}
