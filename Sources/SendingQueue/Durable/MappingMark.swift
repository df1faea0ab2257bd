import CSegmentLog
import Glibc

/// Which request is being mapped, in a file whose bytes outlive the process: they are the system's as
/// soon as they are written, whatever becomes of who wrote them. So a request that crashes the gateway
/// is known by its sequence at the next start, and the path of a request pays two short calls for it.
///
/// Nothing is synced: a power cut may lose it, and then there was no crash to remember.
package final class MappingMark: Sendable {
    /// Words of 8 bytes, little-endian.
    private enum Word: Int, CaseIterable {
        case magic, mapping, crashed, suspect, crashes, ends

        var offset: off_t { off_t(rawValue * 8) }
    }

    package static let fileName = "mapping"
    private static let magic: UInt64 = 0x314b_524d_5747_4d
    /// Attempts at which a request has crashed the process; the next one is not made.
    private static let maxCrashes: UInt64 = 2
    /// The same where the process was ended without a sign of a crash: by the kernel for its memory,
    /// and more often by somebody to whom the request meant nothing.
    private static let maxEnds: UInt64 = 8

    /// Nil where nothing is remembered.
    private let file: PosixFile?
    private let poison: UInt64?

    /// Remembers nothing.
    package init() {
        file = nil
        poison = nil
    }

    /// Opens the file of a lane, and counts what it says of the life before.
    package init(in directory: PosixDirectory) throws(StorageError) {
        let file = try directory.openOrCreate(Self.fileName)
        self.file = file
        let bytes = try file.read(Word.allCases.count * 8, at: 0)
        var words = Word.allCases.map { word in
            bytes.count < (word.rawValue + 1) * 8
                ? 0 : bytes.littleEndian(UInt64.self, at: word.rawValue * 8)
        }
        if words[Word.magic.rawValue] != Self.magic {
            words = Word.allCases.map { $0 == .magic ? Self.magic : 0 }
        }
        Self.count(&words)
        let isPoison =
            words[Word.crashes.rawValue] >= Self.maxCrashes
            || words[Word.ends.rawValue] >= Self.maxEnds
        poison = isPoison ? words[Word.suspect.rawValue] : nil
        var counted: [UInt8] = []
        for word in words { counted.append(littleEndian: word) }
        try file.write(counted, at: 0)
    }

    private static func count(_ words: inout [UInt64]) {
        let mapping = words[Word.mapping.rawValue]
        if mapping != 0 {
            if words[Word.suspect.rawValue] != mapping {
                words[Word.suspect.rawValue] = mapping
                words[Word.crashes.rawValue] = 0
                words[Word.ends.rawValue] = 0
            }
            let word = words[Word.crashed.rawValue] == 0 ? Word.ends : .crashes
            words[word.rawValue] &+= 1
        }
        words[Word.mapping.rawValue] = 0
        words[Word.crashed.rawValue] = 0
    }

    /// To `end`, the calling thread does nothing but map: a crash of it is one of this lane.
    func begin(_ sequence: UInt64) {
        guard let file else { return }
        Self.put(sequence, at: .mapping, in: file.descriptor)
        mastra_set_mapping_descriptor(file.descriptor)
    }

    func end() {
        guard let file else { return }
        mastra_set_mapping_descriptor(-1)
        Self.put(0, at: .mapping, in: file.descriptor)
    }

    /// Leaves the sign of a crash with what the lane is mapping, which hangs and is about to be ended.
    func blame() {
        if let file { Self.put(1, at: .crashed, in: file.descriptor) }
    }

    /// Whether another attempt at the request is one too many.
    func isPoison(_ sequence: UInt64) -> Bool { sequence == poison }

    /// Leaves the sign of a crash with the lane whose request this thread is mapping: others that map meanwhile
    /// have no part in it. One call of the system, which a signal handler may make.
    ///
    /// - Parameter sole: the descriptor of the one lane that there is, which is blamed whatever the thread does;
    ///   -1 where there are more.
    package static func noteCrash(sole: Int32 = -1) {
        let own = mastra_mapping_descriptor()
        let descriptor = own >= 0 ? own : sole
        if descriptor >= 0 { put(1, at: .crashed, in: descriptor) }
    }

    /// For `noteCrash`; -1 where nothing is remembered. Valid for as long as this object is held.
    var descriptor: Int32 { file?.descriptor ?? -1 }

    private static func put(_ value: UInt64, at word: Word, in descriptor: Int32) {
        var value = value.littleEndian
        // A disk that is full or gone costs the memory of a crash, and nothing else.
        _ = unsafe pwrite(descriptor, &value, 8, word.offset)
    }
}
