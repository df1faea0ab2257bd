import CloudExport
import ExportTestKit
import SendingQueue
import Synchronization
import TestKit
import Testing

@Suite(.timeLimit(.minutes(3))) struct LaneRandomTests {
    @Test(arguments: 1...40 as ClosedRange<UInt64>)
    func `whatever the upstream answers, each span ends once`(_ seed: UInt64) async {
        let upstream = MoodyUpstream(seed: seed)
        let story = LaneStory(seed: seed) {
            $0.limits.maxRecords = 20
            $0.limits.maxBytes = 12_000
        } answer: {
            .now(upstream.answer($0))
        }
        var random = SplitMix64(seed: seed &* 31)
        var number = 1
        await story.play {
            for _ in 1...25 {
                let spans = Int.random(in: 1...30, using: &random)
                story.queue.offer(
                    .fixture(
                        spans: spans, from: number, nameBytes: .random(in: 0...300, using: &random))
                )
                number += spans
                #expect(story.queue.books().isBalanced, "seed \(seed)")
                for _ in 0..<Int.random(in: 0...20, using: &random) { await Task.yield() }
                if Bool.random(using: &random), let next = story.clock.alarms.first {
                    story.clock.advance(to: next)
                }
            }
            // In a good mood the upstream takes all that is left.
            upstream.calmDown()
            let isEmpty = await eventually {
                if let next = story.clock.alarms.first { story.clock.advance(to: next) }
                return story.queue.books().queuedSpans == 0
            }
            #expect(isEmpty, "seed \(seed): \(story.queue.books())")
        }
        let delivered = story.deliveredOnce
        let books = story.queue.books()
        let lost = "seed \(seed): \(books)" as Comment
        #expect(Set(delivered).count == delivered.count, lost)
        #expect(Set(delivered).isSubset(of: 1..<number), lost)
        #expect(delivered.count + Int(books.droppedTotal) == number - 1, lost)
        #expect(books.dropped[.shutdown, default: 0] == 0, lost)
        #expect(books.dropped[.unmappable, default: 0] == 0, lost)
        // What was dropped as too large or refused was bad.
        let bad = Set((1..<number).filter(MoodyUpstream.isBad))
        let dropped = Set(1..<number).subtracting(delivered)
        if books.dropped[.elapsed, default: 0] == 0 { #expect(dropped.isSubset(of: bad), lost) }
    }
}

/// Answers by chance, and refuses some spans always.
private final class MoodyUpstream: Sendable {
    private struct State {
        var random: SplitMix64
        var isCalm = false
    }

    private let state: Mutex<State>

    init(seed: UInt64) {
        state = Mutex(State(random: SplitMix64(seed: seed)))
    }

    static func isBad(_ number: Int) -> Bool { number % 97 == 0 }

    func calmDown() {
        state.withLock { $0.isCalm = true }
    }

    func answer(_ attempt: ScriptedTarget.Attempt) -> AttemptOutcome {
        let content: AttemptOutcome =
            if attempt.spans?.contains(where: Self.isBad) == true {
                .refused(status: 400, answer: "bad")
            } else {
                .delivered
            }
        return state.withLock { state in
            guard !state.isCalm else { return content }
            return switch Int.random(in: 0..<20, using: &state.random) {
            case 0, 1: .unavailable("HTTP 500", retryAfter: nil)
            case 2: .throttled(retryAfter: .seconds(3))
            case 3: .quotaExhausted(retryAfter: .seconds(20))
            case 4: .unauthorized(status: 401)
            case 5, 6: attempt.records > 1 ? .tooLarge : content
            default: content
            }
        }
    }
}
