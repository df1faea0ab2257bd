import ExportTestKit
import TestKit
import Testing

@testable import CloudExport

@Suite struct UploadSlotsTests {
    @Test func `slots are given as long as there are any, and again when they come back`() {
        let slots = UploadSlots(2)
        let bells = (0..<3).map { _ in Doorbell() }
        #expect(slots.take(for: bells[0]) && slots.take(for: bells[0]))
        #expect(!slots.take(for: bells[1]))
        #expect(slots.taken == 2)
        slots.giveBack()
        // Whoever stood in line has it, also where others ask first.
        #expect(!slots.take(for: bells[2]))
        #expect(slots.take(for: bells[1]))
        #expect(slots.taken == 2)
    }

    @Test func `lanes that wait come in turn, however often they ask`() {
        let slots = UploadSlots(1)
        let bells = (0..<3).map { _ in Doorbell() }
        #expect(slots.take(for: bells[0]))
        for _ in 0..<5 { for bell in bells { #expect(!slots.take(for: bell)) } }
        var order: [Int] = []
        for _ in 0..<9 {
            slots.giveBack()
            let next = bells.indices.filter { slots.take(for: bells[$0]) }
            #expect(next.count == 1)
            order += next
        }
        #expect(order == [0, 1, 2, 0, 1, 2, 0, 1, 2])
    }

    @Test
    func `who leaves the line leaves it to others, and so does a slot that it had been given`() {
        let slots = UploadSlots(1)
        let bells = (0..<3).map { _ in Doorbell() }
        #expect(slots.take(for: bells[0]))
        #expect(!slots.take(for: bells[1]) && !slots.take(for: bells[2]))
        slots.giveBack()
        slots.leaveLine(bells[1])
        #expect(slots.take(for: bells[2]))
        slots.giveBack()
        #expect(slots.taken == 0)
    }

    @Test func `more slots serve those who wait, fewer are reached as they come back`() {
        let slots = UploadSlots(1)
        let bells = (0..<3).map { _ in Doorbell() }
        #expect(slots.take(for: bells[0]) && !slots.take(for: bells[1]))
        slots.resize(to: 2)
        #expect(slots.take(for: bells[1]) && slots.taken == 2)
        slots.resize(to: 1)
        slots.giveBack()
        #expect(!slots.take(for: bells[2]))
        slots.giveBack()
        #expect(slots.take(for: bells[2]))
    }

    // MARK: In lanes

    @Test(.timeLimit(.minutes(2)))
    func `a lane has one upload whatever others do, and more when slots are free`() async {
        let slots = UploadSlots(2)
        let stuck = LaneStory(slots: slots) { _ in .whenReleasedOnly }
        let other = LaneStory(slots: slots) { _ in .whenReleasedOnly }
        await stuck.play {
            await other.play {
                stuck.queue.offer(.fixture(spans: 5000))
                _ = await stuck.attempts(3)
                #expect(slots.taken == 2)
                other.queue.offer(.fixture(spans: 5000))
                _ = await other.attempts(1)
                // A hang of the one takes nothing but speed from the other.
                for number in 1...4 {
                    #expect(other.target.inFlight == 1)
                    other.target.release(number, .delivered)
                    _ = await other.attempts(number + 1)
                }
                stuck.target.release(1, .delivered)
                // The slot goes to the one that stands in line first.
                #expect(
                    await eventually {
                        stuck.target.attempts.count + other.target.attempts.count == 9
                    })
                for number in 1...5 {
                    stuck.target.release(number, .delivered)
                    other.target.release(number, .delivered)
                }
                #expect(await eventually { stuck.queue.books().delivered == 5000 })
                #expect(await eventually { other.queue.books().delivered == 5000 })
            }
        }
        #expect(slots.taken == 0)
    }
}
