import TestKit

/// What is left when power or a process goes.
extension FakeDisk {
    /// The power is cut: of what was not synced, any part is there.
    func crash() {
        apply(pendingNames.filter { _ in coin() })
        pendingNames = []
        names = durableNames
        for name in names.keys.sorted() { names[name]?.crash(&random) }
        kill()
    }

    /// The process ends; what it wrote is there for the next one.
    func kill() {
        epoch += 1
    }

    func coin() -> Bool { random.once(in: 2) }

    func apply(_ changes: [NameChange]) {
        for change in changes {
            switch change {
            case .create(let name, let inode): durableNames[name] = inode
            case .remove(let name): durableNames[name] = nil
            case .rename(let name, let other, let inode):
                durableNames[name] = nil
                durableNames[other] = inode
            }
        }
    }
}

/// A file, whatever its names are.
final class FakeInode {
    static let sector = 512
    /// As it is read.
    var cached: [UInt8] = []
    /// As it is after a power cut, with any part of what is dirty.
    private(set) var durable: [UInt8] = []
    private var dirty: Set<Int> = []
    private var isSizeDirty = false

    init(_ bytes: [UInt8] = []) {
        cached = bytes
        durable = bytes
    }

    func resize(_ size: Int) {
        guard size != cached.count else { return }
        cached.resize(size)
        isSizeDirty = true
    }

    func write(_ bytes: [UInt8], count: Int, at offset: Int) {
        guard count > 0 else { return }
        if offset + count > cached.count { resize(offset + count) }
        bytes.copy(0..<count, to: &cached, at: offset)
        for sector in offset / Self.sector...(offset + count - 1) / Self.sector {
            dirty.insert(sector)
        }
    }

    func sync() {
        if isSizeDirty { durable.resize(cached.count) }
        for sector in dirty { persist(sector, grows: true) }
        dirty = []
        isSizeDirty = false
    }

    /// Any part is durable, and what is not counts as clean, as it does on Linux.
    func failSync(_ random: inout SplitMix64) {
        if isSizeDirty, random.once(in: 2) { durable.resize(cached.count) }
        for sector in dirty.sorted() where random.once(in: 2) { persist(sector, grows: false) }
        dirty = []
        isSizeDirty = false
    }

    func crash(_ random: inout SplitMix64) {
        if isSizeDirty {
            let sizes = [durable.count, cached.count]
            let between = sizes.min()! + random.below(abs(sizes[1] - sizes[0]) + 1)
            durable.resize(random.pick(sizes + [between]))
        }
        for sector in dirty.sorted() where random.once(in: 2) { persist(sector, grows: false) }
        dirty = []
        isSizeDirty = false
        cached = durable
    }

    private func persist(_ sector: Int, grows: Bool) {
        let start = sector * Self.sector
        let end = min(start + Self.sector, cached.count)
        guard start < end else { return }
        if grows, durable.count < end { durable.resize(end) }
        guard start < min(end, durable.count) else { return }
        cached.copy(start..<min(end, durable.count), to: &durable, at: start)
    }
}

extension [UInt8] {
    fileprivate mutating func resize(_ size: Int) {
        if size < count {
            removeLast(count - size)
        } else {
            self += [UInt8](repeating: 0, count: size - count)
        }
    }

    /// By the C library: a debug build takes its time over each element.
    fileprivate func copy(_ range: Range<Int>, to other: inout [UInt8], at offset: Int) {
        withUnsafeBytes { source in
            other.withUnsafeMutableBytes { target in
                target.baseAddress!.advanced(by: offset).copyMemory(
                    from: source.baseAddress!.advanced(by: range.lowerBound),
                    byteCount: range.count)
            }
        }
    }
}
