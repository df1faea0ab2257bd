import Glibc
import TestKit

@testable import SendingQueue

/// A file, as one process has it open.
final class FakeFile: LogFile {
    private let disk: FakeDisk
    private let inode: FakeInode
    private let name: String
    private let epoch: Int

    init(_ disk: FakeDisk, _ inode: FakeInode, name: String, epoch: Int) {
        self.disk = disk
        self.inode = inode
        self.name = name
        self.epoch = epoch
    }

    func size() throws(StorageError) -> UInt64 {
        try disk.perform(.size, name, epoch) { () throws(StorageError) in
            UInt64(inode.cached.count)
        }
    }

    func read(_ count: Int, at offset: UInt64) throws(StorageError) -> [UInt8] {
        try disk.perform(.read, name, epoch) { () throws(StorageError) in
            let start = min(Int(offset), inode.cached.count)
            return Array(inode.cached[start..<min(start + count, inode.cached.count)])
        }
    }

    func write(_ bytes: [UInt8], at offset: UInt64) throws(StorageError) {
        let (disk, inode) = (disk, inode)
        func put(_ count: Int) { inode.write(bytes, count: count, at: Int(offset)) }
        try disk.perform(
            .write, name, epoch, part: { _ in put(disk.random.below(bytes.count + 1)) },
            whole: { () throws(StorageError) in
                try makeRoom(Int(offset) + bytes.count, .write)
                put(bytes.count)
            })
    }

    func allocate(_ size: UInt64) throws(StorageError) {
        let (disk, inode) = (disk, inode)
        try disk.perform(
            .allocate, name, epoch,
            part: { _ in
                let growth = max(0, Int(size) - inode.cached.count)
                inode.resize(inode.cached.count + disk.random.below(growth + 1))
            },
            whole: { () throws(StorageError) in
                try makeRoom(Int(size), .allocate)
                if Int(size) > inode.cached.count { inode.resize(Int(size)) }
            })
    }

    func truncate(_ size: UInt64) throws(StorageError) {
        let (disk, inode) = (disk, inode)
        try disk.perform(
            .truncate, name, epoch, part: { _ in if disk.coin() { inode.resize(Int(size)) } },
            whole: { () throws(StorageError) in inode.resize(Int(size)) })
    }

    func sync() throws(StorageError) {
        let (disk, inode) = (disk, inode)
        try disk.perform(
            .sync, name, epoch, part: { _ in inode.failSync(&disk.random) },
            whole: { () throws(StorageError) in inode.sync() })
    }

    private func makeRoom(_ size: Int, _ call: FakeDisk.Call) throws(StorageError) {
        guard let capacity = disk.capacity, size > inode.cached.count else { return }
        if disk.usedBytes + size - inode.cached.count > capacity {
            throw StorageError(call.rawValue, name, ENOSPC)
        }
    }
}
