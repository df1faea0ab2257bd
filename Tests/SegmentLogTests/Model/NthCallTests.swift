import Glibc
import Testing

@testable import SendingQueue

/// The first call fails, then the second, until a run does not get that far.
@Suite struct NthCallTests {
    @Test(arguments: [EIO, ENOSPC, EMFILE])
    func `a log keeps its promises whichever call fails`(_ code: Int32) {
        failEach(code, thenCrashes: false)
    }

    @Test(arguments: [EIO, ENOSPC, EMFILE])
    func `a log keeps its promises whichever call fails right before a power cut`(_ code: Int32) {
        failEach(code, thenCrashes: true)
    }

    @Test func `a log keeps its promises whichever call the power goes in`() {
        for number in 1... {
            let world = LogWorld(seed: UInt64(number))
            world.disk.crashAt = number
            let problem = world.runScenario()
            #expect(problem == nil, "a power cut in call \(number)")
            if world.disk.calls < number { return #expect(number > 100) }
        }
    }

    private func failEach(_ code: Int32, thenCrashes: Bool) {
        for number in 1... {
            let world = LogWorld(seed: UInt64(number))
            world.disk.fail(number, code: code)
            world.disk.crashesAfterFault = thenCrashes
            let problem = world.runScenario()
            #expect(
                problem == nil,
                "call \(number), \(world.disk.fired), fails with \(StorageError.text(code))")
            if world.disk.fired.isEmpty { return #expect(number > 100) }
        }
    }
}
