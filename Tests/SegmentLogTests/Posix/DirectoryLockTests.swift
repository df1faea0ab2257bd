import Foundation
import Glibc
import Testing

@testable import SendingQueue

@Suite struct DirectoryLockTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    private func failure() throws -> DirectoryLock.Failure? {
        let directory = try PosixDirectory(existing: folder.path)
        do throws(DirectoryLock.Failure) {
            _ = try DirectoryLock(in: directory)
            return nil
        } catch {
            return error
        }
    }

    @Test func `a directory is held by one at a time, and says by whom`() throws {
        do {
            let lock = try DirectoryLock(in: PosixDirectory(existing: folder.path))
            #expect(try failure() == .held(by: "pid \(getpid())"))
            #expect(folder.mode("LOCK") == 0o600)
            withExtendedLifetime(lock) {}
        }
        #expect(try failure() == nil)
    }

    @Test func `a lock whose holder is gone is free, whatever is in its file`() throws {
        try folder.write(Array("pid 1\n".utf8), to: "LOCK")
        #expect(try failure() == nil)
    }

    @Test func `a lock that cannot be made is an error of the disk`() throws {
        symlink("/dev/null", folder.path + "/LOCK")
        #expect(try failure() == .storage(StorageError("open", "LOCK", ELOOP)))
    }

    /// A holder that is killed leaves nothing behind.
    @Test func `a lock is free when its process was killed`() throws {
        guard FileManager.default.isExecutableFile(atPath: "/usr/bin/flock") else { return }
        try folder.write([], to: "LOCK")
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        // The shell itself has the file open, and waits for a line that does not come.
        process.arguments = [
            "-c", "exec 9<>\"$0\"; flock 9; echo held; read line", folder.path + "/LOCK",
        ]
        let (input, output) = (Pipe(), Pipe())
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        #expect(output.fileHandleForReading.readData(ofLength: 5) == Data("held\n".utf8))
        #expect(try failure() == .held(by: "another process"))
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
        #expect(try failure() == nil)
        withExtendedLifetime(input) {}
    }
}
