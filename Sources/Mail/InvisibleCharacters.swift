// InvisibleCharacters.swift — what nobody can see in a text: where it makes two addresses look the same, or a text lie.

extension String {
    /// Whether it holds a character without a shape, which no address needs. Joiners (U+200C, U+200D) and variation
    /// selectors are let in: words of Persian and of Indian languages, and emoji, are written with them.
    var containsInvisibles: Bool {
        utf8.contains { $0 >= 0x80 }
            && unicodeScalars.contains { $0.isInvisible || $0.properties.isNoncharacterCodePoint }
    }

    /// Whether it holds U+202D or U+202E, by which a text is shown against its direction. The other marks, embeddings and
    /// isolates are let in: names of Arabic or Hebrew beside Latin are written with them.
    var overridesDirection: Bool {
        utf8.contains { $0 >= 0x80 } && unicodeScalars.contains { $0.value == 0x202D || $0.value == 0x202E }
    }
}

extension Unicode.Scalar {
    fileprivate var isInvisible: Bool {
        switch value {
        case 0xAD, 0x61C, 0x180E, 0x200B, 0x200E...0x200F, 0x202A...0x202E, 0x2060...0x206F, 0xFEFF, 0xFFF9...0xFFFB,
            0xE0000...0xE007F:
            true
        default: false
        }
    }
}
