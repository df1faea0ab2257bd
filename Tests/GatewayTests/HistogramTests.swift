import Instruments
import Testing

@Suite struct HistogramTests {
    @Test func `a bound belongs to its bucket, and what is above all to the last`() {
        let histogram = Histogram(bounds: [0.001, 0.01, 1])
        for duration in [
            Duration.zero, .milliseconds(1), .microseconds(1001), .milliseconds(10),
            .milliseconds(11), .seconds(1), .milliseconds(1001), .seconds(3600),
        ] { histogram.observe(duration) }
        #expect(histogram.snapshot.counts == [2, 2, 2, 2])
        #expect(histogram.snapshot.bounds == [0.001, 0.01, 1])
        #expect(abs(histogram.snapshot.sum - 3602.024_001) < 0.000_001)
    }

    @Test func `a new one is empty`() {
        #expect(Histogram(bounds: [1]).snapshot.counts == [0, 0])
        #expect(Histogram(bounds: [1]).snapshot.sum == 0)
    }

    @Test func `threads lose nothing`() async {
        let histogram = Histogram(bounds: [1])
        let counter = Counter()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    for _ in 0..<1000 {
                        histogram.observe(.seconds(2))
                        counter.add(3)
                    }
                }
            }
        }
        #expect(histogram.snapshot.counts == [0, 8000])
        #expect(histogram.snapshot.sum == 16_000)
        #expect(counter.value == 24_000)
    }
}
