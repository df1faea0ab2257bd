import Glibc

/// Which request is being mapped, in a page of memory that outlives the process: the kernel keeps a
/// mapped file whatever becomes of who mapped it. So a request that crashes the gateway is known by
/// its sequence at the next start, and the path of a span pays two stores for it.
///
/// A power cut may lose the page, and then there was no crash to remember.
@safe package final class MappingMark: @unchecked Sendable {
    // The pointer does not change, and one lane writes through it.

    /// The words of the page.
    private enum Word: Int {
        case magic, mapping, crashed, suspect, crashes, ends
    }

    package static let fileName = "mapping"
    private static let magic: UInt64 = 0x314b_524d_5747_4d
    private static let size = 4096
    /// Attempts at which a request has crashed the process; the next one is not made.
    private static let maxCrashes: UInt64 = 2
    /// The same where the process was ended without a sign of a crash: by the kernel for its memory,
    /// and more often by somebody to whom the request meant nothing.
    private static let maxEnds: UInt64 = 8

    private let page: UnsafeMutablePointer<UInt64>
    private let isMapped: Bool

    /// In memory alone, where there is no file.
    package init() {
        unsafe page = .allocate(capacity: Self.size / 8)
        unsafe page.initialize(repeating: 0, count: Self.size / 8)
        isMapped = false
    }

    /// Opens the page of a lane, and counts what it says of the life before.
    package init(path: String) throws(StorageError) {
        let name = Self.fileName
        let file = unsafe open(
            path + "/" + name, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw StorageError("open", name, errno) }
        defer { close(file) }
        try Self.fill(file)
        let address = unsafe mmap(nil, Self.size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0)
        guard let address = unsafe address, unsafe address != MAP_FAILED else {
            throw StorageError("mmap", name, errno)
        }
        unsafe page = address.assumingMemoryBound(to: UInt64.self)
        isMapped = true
        takeUp()
    }

    deinit {
        if isMapped {
            unsafe munmap(page, Self.size)
        } else {
            unsafe page.deallocate()
        }
    }

    /// A page without room behind it would end the process at its first store.
    private static func fill(_ file: Int32) throws(StorageError) {
        var status = stat()
        guard unsafe fstat(file, &status) == 0 else { throw StorageError("fstat", fileName, errno) }
        guard Int(status.st_size) != size else { return }
        let zeros = [UInt8](repeating: 0, count: size)
        guard unsafe pwrite(file, zeros, size, 0) == size, ftruncate(file, off_t(size)) == 0 else {
            throw StorageError("pwrite", fileName, errno)
        }
    }

    private subscript(_ word: Word) -> UInt64 {
        get { unsafe page[word.rawValue] }
        set { unsafe page[word.rawValue] = newValue }
    }

    private func takeUp() {
        if self[.magic] != Self.magic {
            for index in 0..<Self.size / 8 { unsafe page[index] = 0 }
            self[.magic] = Self.magic
        }
        let mapping = self[.mapping]
        if mapping != 0 {
            if self[.suspect] != mapping {
                self[.suspect] = mapping
                self[.crashes] = 0
                self[.ends] = 0
            }
            let word = self[.crashed] == 0 ? Word.ends : .crashes
            self[word] += 1
        }
        self[.mapping] = 0
        self[.crashed] = 0
    }

    func begin(_ sequence: UInt64) {
        self[.mapping] = sequence
    }

    func end() {
        self[.mapping] = 0
    }

    /// Whether another attempt at the request is one too many.
    func isPoison(_ sequence: UInt64) -> Bool {
        sequence == self[.suspect]
            && (self[.crashes] >= Self.maxCrashes || self[.ends] >= Self.maxEnds)
    }

    /// Where a handler of SIGSEGV and its like leaves its sign; valid for as long as this object.
    package var crashFlag: UnsafeMutablePointer<UInt64> {
        unsafe page + Word.crashed.rawValue
    }
}
