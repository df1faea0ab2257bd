import Glibc

extension CurlTransport {
    /// Checks at start what an upload would otherwise meet later: bounds, contradictions, and that
    /// the named files can be read now. Files may still change or vanish afterwards; then uploads end
    /// with `.untrusted`.
    package static func validate(
        _ configuration: CurlConfiguration
    ) throws(CurlConfigurationError) {
        try configuration.checkValues()
        try configuration.checkFiles()
    }
}

extension CurlConfiguration {
    /// The bounds and contradictions, without touching a file.
    func checkValues() throws(CurlConfigurationError) {
        guard (1...2048).contains(maxConnections) else {
            throw .outOfRange(
                setting: "maxConnections", value: "\(maxConnections)", allowed: "1 to 2048")
        }
        let millisecond = Duration.milliseconds(1)
        try check("connectTimeout", connectTimeout, millisecond, .seconds(300), "1 ms to 5 min")
        try check("timeout", timeout, millisecond, .seconds(3600), "1 ms to 1 h")
        try check("maxIdleTime", maxIdleTime, .seconds(1), .seconds(3600), "1 s to 1 h")
        try check(
            "maxConnectionAge", maxConnectionAge, .seconds(1), .seconds(86400), "1 s to 1 day")
        if keyFile != nil && certificateFile == nil {
            throw .contradiction("keyFile is set without certificateFile.")
        }
        try checkTexts()
    }

    private func check(
        _ setting: String, _ value: Duration, _ low: Duration, _ high: Duration, _ allowed: String
    ) throws(CurlConfigurationError) {
        guard value >= low && value <= high else {
            throw .outOfRange(setting: setting, value: "\(value)", allowed: allowed)
        }
    }

    /// A C string ends at the first NUL: a setting must not be cut there unnoticed.
    private func checkTexts() throws(CurlConfigurationError) {
        let paths = namedFiles.map { ($0.setting, $0.path) } + [("caPath", caPath ?? "/")]
        for (setting, path) in paths where path.isEmpty || path.utf8.contains(0) {
            throw .outOfRange(
                setting: setting, value: "empty or has a NUL", allowed: "the path of a file")
        }
        guard noProxy.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7f }) else {
            throw .outOfRange(
                setting: "noProxy", value: "a text with control characters", allowed: "names")
        }
        guard let proxy else { return }
        let schemes = ["http", "https", "socks4", "socks4a", "socks5", "socks5h"]
        let isPrintable = proxy.address.utf8.allSatisfy { $0 > 0x20 && $0 != 0x7f }
        guard isPrintable, !proxy.address.isEmpty, schemes.contains(proxy.scheme) else {
            throw .outOfRange(
                setting: "proxy", value: "an address of another form",
                allowed: "scheme://[user:password@]host[:port] with a scheme of "
                    + schemes.joined(separator: ", "))
        }
    }

    private var namedFiles: [(setting: String, path: String)] {
        [("caFile", caFile), ("certificateFile", certificateFile), ("keyFile", keyFile)]
            .compactMap { setting, path in path.map { (setting, $0) } }
    }

    func checkFiles() throws(CurlConfigurationError) {
        for file in namedFiles {
            try checkReadable(file.path, setting: file.setting, flags: 0)
        }
        if let caPath {
            try checkReadable(caPath, setting: "caPath", flags: O_DIRECTORY)
        }
    }

    /// Opens and closes it: `access` would ask for the real user where the effective one counts.
    private func checkReadable(
        _ path: String, setting: String, flags: Int32
    ) throws(CurlConfigurationError) {
        // The pointer is only used during the call. Non-blocking, in case it names a pipe.
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | flags)
        guard descriptor >= 0 else {
            throw .unreadable(setting: setting, path: path, reason: systemText(errno))
        }
        defer { close(descriptor) }
        var status = stat()
        // The address of a local variable, used during the call.
        guard unsafe fstat(descriptor, &status) == 0 else {
            throw .unreadable(setting: setting, path: path, reason: systemText(errno))
        }
        let isDirectory = status.st_mode & S_IFMT == S_IFDIR
        if flags & O_DIRECTORY == 0 && isDirectory {
            throw .unreadable(setting: setting, path: path, reason: "it is a directory")
        }
        if !isDirectory && status.st_size == 0 {
            throw .unreadable(setting: setting, path: path, reason: "it is empty")
        }
    }
}

/// The system's sentence for an error number.
func systemText(_ number: Int32) -> String {
    var text = [CChar](repeating: 0, count: 128)
    // The array lives during the call, and its length goes with it.
    let code = unsafe strerror_r(number, &text, text.count)
    guard code == 0 else { return "error \(number)" }
    return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
}
