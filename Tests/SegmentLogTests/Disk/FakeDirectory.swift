import Glibc
import TestKit

@testable import SendingQueue

/// The directory, as one process has it open.
final class FakeDirectory: LogDirectory {
    private let disk: FakeDisk
    private let epoch: Int

    init(_ disk: FakeDisk, epoch: Int) {
        self.disk = disk
        self.epoch = epoch
    }

    func names() throws(StorageError) -> [String] {
        try disk.perform(.names, ".", epoch) { () throws(StorageError) in disk.names.keys.sorted() }
    }

    func create(_ name: String) throws(StorageError) -> any LogFile {
        let disk = disk
        func make() -> FakeInode {
            let inode = FakeInode()
            disk.names[name] = inode
            disk.pendingNames.append(.create(name, inode))
            return inode
        }
        let inode = try disk.perform(
            .create, name, epoch,
            part: { if $0 == EIO, disk.coin(), disk.names[name] == nil { _ = make() } },
            whole: { () throws(StorageError) in
                if disk.names[name] != nil { throw StorageError("create", name, EEXIST) }
                return make()
            })
        return FakeFile(disk, inode, name: name, epoch: epoch)
    }

    func open(_ name: String, forWriting: Bool) throws(StorageError) -> any LogFile {
        let inode = try disk.perform(.open, name, epoch) { () throws(StorageError) in
            guard let inode = disk.names[name] else { throw StorageError("open", name, ENOENT) }
            return inode
        }
        return FakeFile(disk, inode, name: name, epoch: epoch)
    }

    func rename(_ name: String, to other: String) throws(StorageError) {
        let disk = disk
        func move() {
            guard let inode = disk.names[name] else { return }
            disk.names[name] = nil
            disk.names[other] = inode
            disk.pendingNames.append(.rename(name, other, inode))
        }
        try disk.perform(
            .rename, name, epoch, part: { if $0 == EIO, disk.coin() { move() } },
            whole: { () throws(StorageError) in
                if disk.names[name] == nil { throw StorageError("rename", name, ENOENT) }
                move()
            })
    }

    func remove(_ name: String) throws(StorageError) {
        let disk = disk
        func unlink() {
            guard disk.names[name] != nil else { return }
            disk.names[name] = nil
            disk.pendingNames.append(.remove(name))
        }
        try disk.perform(
            .remove, name, epoch, part: { if $0 == EIO, disk.coin() { unlink() } },
            whole: { () throws(StorageError) in
                if disk.names[name] == nil { throw StorageError("unlink", name, ENOENT) }
                unlink()
            })
    }

    func sync() throws(StorageError) {
        let disk = disk
        try disk.perform(
            .syncNames, ".", epoch,
            part: { _ in
                disk.apply(disk.pendingNames.filter { _ in disk.coin() })
                disk.pendingNames = []
            },
            whole: { () throws(StorageError) in
                disk.apply(disk.pendingNames)
                disk.pendingNames = []
            })
    }

    func freeSpace() -> UInt64? {
        guard disk.tellsFreeSpace else { return nil }
        return disk.capacity.map { UInt64(max(0, $0 - disk.usedBytes)) } ?? disk.free
    }
}
