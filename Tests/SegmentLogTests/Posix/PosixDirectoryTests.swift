import Foundation
import Glibc
import Testing

@testable import SendingQueue

@Suite struct PosixDirectoryTests {
    private let folder: TemporaryFolder
    private let directory: PosixDirectory

    init() throws {
        folder = try TemporaryFolder()
        directory = try PosixDirectory(path: folder.path + "/queue")
    }

    private func code(_ body: () throws(StorageError) -> Void) -> Int32? {
        do throws(StorageError) {
            try body()
            return nil
        } catch {
            return error.code
        }
    }

    @Test func `directories and files are for their owner alone`() throws {
        let before = umask(0)
        defer { umask(before) }
        let queue = try PosixDirectory(path: folder.path + "/other/")
        _ = try queue.subdirectory("lane").create("x.seg")
        #expect(folder.mode("other") == 0o700)
        #expect(folder.mode("other/lane") == 0o700)
        #expect(folder.mode("other/lane/x.seg") == 0o600)
        #expect(queue.complaint() == nil)
    }

    @Test func `what is missing is made only where that was asked for`() {
        let missing = folder.path + "/missing"
        #expect(
            code { () throws(StorageError) in _ = try PosixDirectory(existing: missing) } == ENOENT)
        #expect(
            code { () throws(StorageError) in
                _ = try directory.subdirectory("lane", makes: false)
            } == ENOENT)
        #expect(
            code { () throws(StorageError) in
                _ = try PosixDirectory(path: missing + "/deep")
            } == ENOENT)
    }

    @Test func `a file holds what was written at its places`() throws {
        let file = try directory.create("a")
        try file.write([1, 2, 3], at: 10)
        #expect(try file.size() == 13)
        #expect(try file.read(100, at: 8) == [0, 0, 1, 2, 3])
        #expect(try file.read(5, at: 100) == [])
        try file.truncate(11)
        try file.allocate(5000)
        try file.sync()
        #expect(try file.size() == 5000)
        #expect(try directory.open("a", forWriting: false).read(3, at: 10) == [1, 0, 0])
        #expect(code { () throws(StorageError) in _ = try directory.create("a") } == EEXIST)
        try directory.rename("a", to: "b")
        try directory.sync()
        #expect(try directory.names() == ["b"])
        try directory.remove("b")
        #expect(code { () throws(StorageError) in try directory.remove("b") } == ENOENT)
        #expect(
            code { () throws(StorageError) in _ = try directory.open("b", forWriting: true) }
                == ENOENT)
        #expect(try #require(directory.freeSpace()) > 0)
    }

    @Test func `a file that was opened for reading is not written to`() throws {
        _ = try directory.create("a")
        let file = try directory.open("a", forWriting: false)
        #expect(code { () throws(StorageError) in try file.write([1], at: 0) } == EBADF)
    }

    @Test func `links, pipes and directories are refused in the place of a file`() throws {
        try folder.write([1], to: "elsewhere")
        let (outside, queue) = (folder.path + "/elsewhere", directory.path + "/")
        symlink(outside, queue + "symbolic")
        link(outside, queue + "hard")
        mkfifo(queue + "pipe", 0o600)
        mkdir(queue + "folder", 0o700)
        for (name, expected) in [
            ("symbolic", ELOOP), ("pipe", EPERM), ("folder", EPERM),
        ] {
            let found = code { () throws(StorageError) in
                _ = try directory.open(name, forWriting: false)
            }
            #expect(found == expected, "\(name)")
            #expect(code { () throws(StorageError) in _ = try directory.create(name) } == EEXIST)
        }
        // A backup may have made it.
        #expect(try directory.open("hard", forWriting: false).read(9, at: 0) == [1])
        let found = code { () throws(StorageError) in
            _ = try directory.open("hard", forWriting: true)
        }
        #expect(found == EPERM)
    }

    @Test func `a slash at the end does not have a link followed`() {
        symlink(directory.path, folder.path + "/link")
        let found = code { () throws(StorageError) in
            _ = try PosixDirectory(path: folder.path + "/link//")
        }
        #expect(found == ENOTDIR)
    }

    @Test func `a link in the place of a directory is refused`() {
        symlink(directory.path, folder.path + "/link")
        symlink(folder.path, directory.path + "/lane")
        let path = folder.path + "/link"
        #expect(code { () throws(StorageError) in _ = try PosixDirectory(path: path) } == ENOTDIR)
        #expect(
            code { () throws(StorageError) in _ = try directory.subdirectory("lane") } == ENOTDIR)
    }

    @Test func `a directory that others may read or that others own is complained of`() throws {
        #expect(directory.complaint() == nil)
        chmod(directory.path, 0o750)
        #expect(directory.complaint()?.contains("mode 750") == true)
        chmod(directory.path, 0o700)
        // Nobody else may give it away.
        guard geteuid() == 0 else { return }
        chown(directory.path, 12345, 12345)
        #expect(directory.complaint()?.contains("user 12345") == true)
        _ = try directory.create("a")
        chown(directory.path + "/a", 12345, 12345)
        #expect(
            code { () throws(StorageError) in _ = try directory.open("a", forWriting: true) }
                == EPERM)
    }
}
