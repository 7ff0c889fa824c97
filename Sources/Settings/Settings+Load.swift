// Settings+Load.swift — flag over environment over file over default.

extension Settings {
    /// Reads everything that is set. `flags` by the settings' names; `environment` may hold anything else beside the
    /// `POSTRIDER_…` variables; `path` is the YAML file, if there is one.
    package static func load(
        flags: [String: String], environment: [String: String], file path: String?
    ) throws(SettingsError) -> Settings {
        var sources = [SettingsSource.flags(flags), .environment(environment)]
        if let path { sources.append(try .file(path)) }
        for source in sources { try source.checkNames() }

        var settings = Settings()
        for setting in Setting.all { try settings.assign(setting, from: sources) }
        try settings.checkTogether()
        return settings
    }

    /// The first source that sets it wins.
    private mutating func assign(_ setting: Setting, from sources: [SettingsSource]) throws(SettingsError) {
        for source in sources {
            guard let (text, place) = try source.text(of: setting) else { continue }
            guard setting.assign(text, &self) else { throw .malformed(setting, text, at: place) }
            return
        }
    }

    /// What no setting can tell alone.
    private func checkTogether() throws(SettingsError) {
        if (delivery.relayUser == nil) != (delivery.relayPassword == nil) {
            throw SettingsError("delivery.relay_user and delivery.relay_password are only of use together")
        }
        if delivery.relayUser != nil, delivery.relay == nil {
            throw SettingsError("delivery.relay_user is set, but not the delivery.relay to use it at")
        }
        if (http.tlsCertificate == nil) != (http.tlsKey == nil) {
            throw SettingsError("http.tls_certificate and http.tls_key are only of use together")
        }
        if let memory = http.maxBodyMemory, memory / 2 < http.maxBody {
            throw SettingsError("http.max_body_memory must be at least twice http.max_body")
        }
    }
}
