import Glibc
import TestKit

@testable import SendingQueue

/// One directory of a disk that is told when to fail and when to crash.
///
/// Each file has what a reader sees and what would be there after a power cut; between the two are
/// sectors, sizes and names that nobody has synced.
final class FakeDisk: @unchecked Sendable {
    // Used by one thread at a time.

    /// What may be asked of it, under the names that `PosixFile` gives to its errors.
    enum Call: String, CaseIterable, Sendable {
        case names = "opendir"
        case create, open, rename
        case remove = "unlink"
        case syncNames = "fsync"
        case size = "fstat"
        case read = "pread"
        case write = "pwrite"
        case allocate = "fallocate"
        case truncate = "ftruncate"
        case sync = "fdatasync"
    }

    struct Fault {
        /// The first call is 1, counted from when the fault was set.
        var number: Int
        /// Nil counts calls of any kind.
        var kind: Call?
        var code: Int32
        /// How many calls in a row fail.
        var times = 1
    }

    enum NameChange {
        case create(String, FakeInode)
        case rename(String, String, FakeInode)
        case remove(String)
    }

    var random: SplitMix64
    var names: [String: FakeInode] = [:]
    var durableNames: [String: FakeInode] = [:]
    var pendingNames: [NameChange] = []
    /// Handles of an earlier one are of a process that is gone.
    var epoch = 0
    private(set) var calls = 0
    /// The number of the call in which the machine or the process ends.
    var crashAt: Int?
    var crashLosesMemory = true
    private(set) var fault: Fault?
    /// The power goes in the call after one that fails.
    var crashesAfterFault = false
    private(set) var fired: [Call] = []
    /// Why the call before this one failed, or nil.
    private(set) var lastFailure: Int32?
    /// For all files together.
    var capacity: Int?
    var tellsFreeSpace = true
    /// What `freeSpace` says where there is no capacity.
    var free: UInt64?
    /// Called before each call does anything.
    var onCall: ((Call, String) -> Void)?

    init(seed: UInt64 = 1) {
        random = SplitMix64(seed: seed)
    }

    /// A process opens the directory.
    func directory() -> FakeDirectory { FakeDirectory(self, epoch: epoch) }

    func fail(_ number: Int, _ kind: Call? = nil, code: Int32, times: Int = 1) {
        fault = Fault(number: number, kind: kind, code: code, times: times)
    }

    func heal() {
        fault = nil
        crashAt = nil
    }

    var usedBytes: Int { names.values.reduce(0) { $0 + $1.cached.count } }

    var segmentNames: [String] { names.keys.filter { $0.hasSuffix(".seg") }.sorted() }

    /// A call of a process: whole, or in part where it is to fail, or not at all where the process is
    /// gone.
    func perform<Value>(
        _ call: Call, _ name: String, _ epoch: Int,
        part: (Int32) -> Void = { _ in }, whole: () throws(StorageError) -> Value
    ) throws(StorageError) -> Value {
        guard epoch == self.epoch else { throw StorageError(call.rawValue, name, EBADF) }
        calls += 1
        onCall?(call, name)
        guard epoch == self.epoch else { throw StorageError(call.rawValue, name, EBADF) }
        if calls == crashAt {
            // A process that ends in a sync leaves what is dirty to the system.
            if crashLosesMemory || ![.sync, .syncNames].contains(call) { part(EIO) }
            crashAt = nil
            if crashLosesMemory { crash() } else { kill() }
            throw StorageError(call.rawValue, name, EBADF)
        }
        if let code = dueFault(call) {
            fired.append(call)
            lastFailure = code
            if crashesAfterFault { crashAt = calls + 1 }
            part(code)
            throw StorageError(call.rawValue, name, code)
        }
        do throws(StorageError) {
            let value = try whole()
            lastFailure = nil
            return value
        } catch {
            lastFailure = error.code
            throw error
        }
    }

    private func dueFault(_ call: Call) -> Int32? {
        guard var due = fault, due.kind == nil || due.kind == call else { return nil }
        due.number -= 1
        guard due.number <= 0 else {
            fault = due
            return nil
        }
        due.times -= 1
        fault = due.times > 0 ? due : nil
        return due.code
    }
}
