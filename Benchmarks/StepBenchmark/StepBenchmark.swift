import Glibc
import MastraRecords
import OTLP
import SpanMapping

/// CPU time of single steps on a span's way, on the payloads given as arguments:
/// `step-benchmark [--rounds N] [--only walk|map] FILE.pb …`. One verb each; files are read before.
/// `--repeat N` does the verb N times and prints nothing, for counting instructions; `--count` prints
/// the number of spans.
@main
struct StepBenchmark {
    static func main() {
        var rounds = 15
        var only: String?
        var repeats: Int?
        var isCount = false
        var files: [String] = []
        var arguments = CommandLine.arguments.dropFirst()
        while let argument = arguments.popFirst() {
            switch argument {
            case "--rounds": rounds = arguments.popFirst().flatMap(Int.init) ?? rounds
            case "--only": only = arguments.popFirst()
            case "--repeat": repeats = arguments.popFirst().flatMap(Int.init)
            case "--count": isCount = true
            default: files.append(argument)
            }
        }
        if isCount || repeats != nil {
            for file in files { work(file, only, repeats: repeats) }
            return
        }
        print("payload      spans  walk ns/span  map+write ns/span  out B/span")
        for file in files {
            guard let body = read(file), let spans = try? walkRequest(body.span).spans, spans > 0
            else {
                print("\(file): not a request with spans")
                exit(65)
            }
            let walk =
                only == "map"
                ? 0
                : best(of: rounds, spans) {
                    _ = try? walkRequest(body.span)
                }
            var mapper = SpanMapper(dialect: .platform, hashSeed: 1)
            var size = 0
            let map =
                only == "walk"
                ? 0
                : best(of: rounds, spans) {
                    size = self.map(body, with: &mapper)
                }
            let name = String(file.split(separator: "/").last ?? "").padded(to: 12)
            print(
                "\(name) \(spans)  \(walk)  \(map)  \(size / spans)")
        }
    }

    private static func work(_ file: String, _ only: String?, repeats: Int?) {
        guard let body = read(file), let spans = try? walkRequest(body.span).spans else { exit(65) }
        guard let repeats else { return print(spans) }
        var mapper = SpanMapper(dialect: .platform, hashSeed: 1)
        for _ in 0..<repeats {
            if only == "walk" {
                _ = try? walkRequest(body.span)
            } else {
                _ = map(body, with: &mapper)
            }
        }
    }

    private static func map(_ body: [UInt8], with mapper: inout SpanMapper) -> Int {
        var writer = JSONWriter(capacity: 4 * 1024 * 1024)
        var cursor = RequestCursor()
        mapper.beginRequest()
        while let span = cursor.next(in: body.span) {
            _ = mapper.write(
                span, of: cursor, in: body.span, receivedAt: 1_780_000_000_000, to: &writer)
        }
        return writer.count
    }

    /// The least CPU time of a round, in nanoseconds a span; a round repeats the verb for 20 ms.
    private static func best(of rounds: Int, _ spans: Int, _ verb: () -> Void) -> Int {
        verb()
        var best = Double.infinity
        for _ in 0..<rounds {
            var repeats = 0
            let start = cpuNanoseconds()
            var end = start
            repeat {
                verb()
                repeats += 1
                end = cpuNanoseconds()
            } while end - start < 20_000_000
            best = min(best, Double(end - start) / Double(repeats * spans))
        }
        return Int(best.rounded())
    }

    private static func cpuNanoseconds() -> Int {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return time.tv_sec * 1_000_000_000 + time.tv_nsec
    }

    private static func read(_ path: String) -> [UInt8]? {
        guard let file = fopen(path, "rb") else { return nil }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = fread(&chunk, 1, chunk.count, file)
            if count == 0 { return bytes }
            bytes.append(contentsOf: chunk[..<count])
        }
    }
}

extension String {
    fileprivate func padded(to width: Int) -> String {
        self + String(repeating: " ", count: max(0, width - count))
    }
}
