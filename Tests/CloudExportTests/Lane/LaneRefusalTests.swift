import CloudExport
import ExportTestKit
import SendingQueue
import TestKit
import Testing

/// 413 and 400: the upstream will not have a batch as it is.
@Suite(.timeLimit(.minutes(2))) struct LaneRefusalTests {
    private static let refusal = AttemptOutcome.refused(status: 400, answer: "no")

    @Test func `a batch that is too large is halved until it fits`() async {
        let story = LaneStory { .now($0.body.count > 30_000 ? .tooLarge : .delivered) }
        await story.play { story.queue.offer(.fixture(spans: 400, nameBytes: 50)) }
        #expect(story.deliveredOnce == Array(1...400))
        #expect(story.queue.books().droppedTotal == 0)
        #expect(story.target.attempts.filter { $0.body.count <= 30_000 }.count > 4)
        // All of it at once: there is nothing to wait for.
        #expect(story.clock.elapsed == .zero)
    }

    @Test func `what the upstream takes is learnt for the next batches`() async throws {
        let story = LaneStory {
            $0.maxConcurrency = 1
        } answer: {
            .now($0.body.count > 150_000 ? .tooLarge : .delivered)
        }
        try await story.play {
            story.queue.offer(.fixture(spans: 1000, nameBytes: 50))
            #expect(await eventually { story.queue.books().delivered == 1000 })
            let first = story.target.attempts
            let tooLarge = try #require(first.map(\.body.count).filter { $0 > 150_000 }.min())
            story.queue.offer(.fixture(spans: 1000, from: 1001, nameBytes: 50))
            // What is left of them is no thousand, and waits for more.
            #expect(await story.wakes(at: 5))
            #expect(await eventually { story.queue.books().delivered == 2000 })
            let next = story.target.attempts.dropFirst(first.count)
            #expect(next.allSatisfy { $0.body.count <= tooLarge / 2 })
        }
        #expect(story.deliveredOnce == Array(1...2000))
    }

    @Test func `a record that is too large by itself is dropped, and its neighbours are delivered`()
        async
    {
        let story = LaneStory {
            .now($0.spans?.contains(7) == true ? .tooLarge : .delivered)
        }
        await story.play { story.queue.offer(.fixture(spans: 20)) }
        #expect(story.deliveredOnce == (1...20).filter { $0 != 7 })
        #expect(story.queue.books().dropped == [.tooLarge: 1])
        #expect(
            story.log.all == [
                "error: Dropped a span whose record is larger than the upstream takes"
            ])
    }

    @Test func `a record that is too large by itself holds up nothing, first of all that comes`()
        async
    {
        let story = LaneStory {
            .now($0.spans?.contains(1) == true ? .tooLarge : .delivered)
        }
        await story.play {
            // Nothing has been delivered yet, so that it may be the upstream that has changed.
            story.queue.offer(.fixture(spans: 1, nameBytes: 100_000))
            #expect(await story.wakes(at: 5))
            #expect(
                await eventually { await story.lane.status.posture.kind == "cooling_down_contract" }
            )
            #expect(story.queue.books().droppedTotal == 0)
            story.queue.offer(.fixture(spans: 20, from: 2))
        }
        #expect(story.deliveredOnce == Array(2...21))
        #expect(story.queue.books().dropped == [.tooLarge: 1])
    }

    @Test func `the time for which a suspect record is held does not count for its end`() async {
        let story = LaneStory {
            $0.maxElapsed = .seconds(30)
        } answer: { attempt in
            switch attempt.number {
            case 1: .now(.tooLarge)
            case 2: .now(.unavailable("HTTP 503", retryAfter: nil))
            default: .now(.delivered)
            }
        }
        await story.play {
            story.queue.offer(.fixture(spans: 1))
            #expect(await story.wakes(at: 5))
            #expect(await eventually { story.target.attempts.count == 1 })
        }
        #expect(story.deliveredOnce == [1])
        #expect(story.queue.books().droppedTotal == 0)
    }

    @Test(arguments: [1, 50, 64, 77, 100])
    func `of a refused batch only the bad span is dropped`(_ place: Int) async {
        let bad = 1000 + place
        let story = LaneStory {
            .now($0.spans?.contains(bad) == true ? Self.refusal : .delivered)
        }
        await story.play {
            // Evidence that the upstream takes what we send.
            story.queue.offer(.fixture(spans: 10))
            #expect(await story.wakes(at: 5))
            #expect(await eventually { story.queue.books().delivered == 10 })
            story.queue.offer(.fixture(spans: 100, from: 1001))
        }
        #expect(story.deliveredOnce == Array(1...10) + (1001...1100).filter { $0 != bad })
        #expect(story.queue.books().dropped == [.rejected: 1])
        // The batch of before, and 2 * log2(100) + 2.
        #expect(story.target.attempts.count <= 1 + 16)
        #expect(story.log.all == ["error: Dropped spans that the upstream refuses"])
        #expect(story.lane.instruments.count(of: "refused").map { $0 <= 8 } == true)
    }

    @Test func `several bad spans are found among the good ones`() async {
        let bad: Set<Int> = [3, 4, 250, 999]
        let story = LaneStory {
            .now(bad.isDisjoint(with: $0.spans ?? []) ? .delivered : Self.refusal)
        }
        await story.play { story.queue.offer(.fixture(spans: 1000)) }
        #expect(story.deliveredOnce == (1...1000).filter { !bad.contains($0) })
        #expect(story.queue.books().dropped == [.rejected: 4])
    }

    @Test func `an upstream that refuses everything is waited for, and nothing is dropped`()
        async
    {
        let isMended = Recorder<Bool>()
        let story = LaneStory { _ in .now(isMended.all.isEmpty ? Self.refusal : .delivered) }
        await story.play {
            story.queue.offer(.fixture(spans: 100))
            #expect(await story.wakes(at: 5))
            #expect(await story.sleeps(until: 65))
            #expect(await story.lane.status.posture.kind == "cooling_down_contract")
            #expect(story.queue.books().queuedSpans == 100)
            #expect(await story.wakes(at: 65))
            // Twice as long, since nothing has been taken meanwhile.
            #expect(await story.sleeps(until: 185))
            #expect(story.queue.books().queuedSpans == 100)
            isMended.append(true)
            #expect(await story.wakes(at: 185))
            #expect(await eventually { story.queue.books().delivered == 100 })
        }
        #expect(story.deliveredOnce == Array(1...100))
        #expect(story.queue.books().droppedTotal == 0)
    }

    @Test func `an upstream that begins to refuse everything costs few spans`() async {
        let story = LaneStory { attempt in
            .now(attempt.spans?.contains { $0 > 10 } == true ? Self.refusal : .delivered)
        }
        await story.play {
            story.queue.offer(.fixture(spans: 10))
            #expect(await story.wakes(at: 5))
            #expect(await eventually { story.queue.books().delivered == 10 })
            story.queue.offer(.fixture(spans: 1000, from: 11))
            let isHeld = await eventually {
                await story.lane.status.posture.kind == "cooling_down_contract"
            }
            #expect(isHeld)
            // Fewer than what counts as a share; a lane that is held gives up at once.
            await story.lane.drain(until: story.clock.now + .seconds(30))
            #expect(await eventually { story.hasEnded })
            let dropped = story.queue.books().dropped
            #expect(dropped[.rejected, default: 0] < 20)
            #expect(dropped[.shutdown, default: 0] > 980)
        }
    }

    @Test func `a single bad span without evidence waits until good ones have been taken`() async {
        let story = LaneStory { .now($0.spans?.contains(1) == true ? Self.refusal : .delivered) }
        await story.play {
            story.queue.offer(.fixture(spans: 1))
            #expect(await story.wakes(at: 5))
            #expect(await story.sleeps(until: 65))
            #expect(story.queue.books().queuedSpans == 1)
            story.queue.offer(.fixture(spans: 9, from: 2))
            #expect(await story.wakes(at: 65))
            #expect(await eventually { story.queue.books().delivered == 9 })
        }
        #expect(story.queue.books().dropped == [.rejected: 1])
        #expect(story.deliveredOnce == Array(2...10))
    }
}
