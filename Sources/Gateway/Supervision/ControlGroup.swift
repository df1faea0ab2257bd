/// The limit of memory that the machine sets for the process, by version 2 or 1 of control groups.
enum ControlGroup {
    /// Nil where there is none.
    static func memoryLimit(read: (String) throws -> String = { try TextFile.read($0) }) -> Int? {
        let paths = (try? read("/proc/self/cgroup")).map { own(in: $0) } ?? []
        let limits = paths.compactMap { path -> Int? in
            guard let text = try? read(path) else { return nil }
            return Int(text.filter { !$0.isWhitespace })
        }
        // Version 1 writes a number near to the largest for no limit.
        return limits.filter { $0 > 0 && $0 < 1 << 60 }.min()
    }

    /// What the limits of the gateway may add up to: the allocator and the kernel need some too.
    static func usable(of memory: Int) -> Int { memory / 10 * 9 }

    /// Files with the limits of the groups that the process is in, up to the root.
    private static func own(in text: String) -> [String] {
        text.split(separator: "\n").flatMap { line -> [String] in
            let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard fields.count == 3 else { return [] }
            let (base, name): (String, String)
            if fields[0] == "0", fields[1].isEmpty {
                (base, name) = ("/sys/fs/cgroup", "memory.max")
            } else if fields[1].split(separator: ",").contains("memory") {
                (base, name) = ("/sys/fs/cgroup/memory", "memory.limit_in_bytes")
            } else {
                return []
            }
            var folders = fields[2].split(separator: "/")
            var paths = [base + "/" + name]
            while !folders.isEmpty {
                paths.append(base + "/" + folders.joined(separator: "/") + "/" + name)
                folders.removeLast()
            }
            return paths
        }
    }
}
