import Foundation
import FuzzClaims
import FuzzHTTPClaims
import FuzzQueueClaims
import FuzzReceiverClaims
import Testing

/// What fuzzing found once stays found: the claims of each target on its seeds and on its regressions.
struct RegressionTests {
    static let targets: [any FuzzTarget.Type] = [
        WalkTarget.self, TranscodeTarget.self, MappingTarget.self, HTTP1Target.self,
        HTTP2Target.self, ReceiverTarget.self, QueueTarget.self,
    ]

    static let names = targets.map { $0.name }

    private static let folder = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().appending(path: "Regressions")

    @Test(arguments: names)
    func `every claim holds for the seeds`(_ name: String) throws {
        let target = try #require(Self.targets.first { $0.name == name })
        for (index, seed) in try target.seeds().enumerated() {
            #expect(throws: Never.self, "seed \(index): \(seed)") { try target.check(seed) }
        }
    }

    @Test(arguments: names)
    func `every claim holds for what was found before`(_ name: String) throws {
        let target = try #require(Self.targets.first { $0.name == name })
        let folder = Self.folder.appending(path: name)
        let files = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        for file in files.sorted() {
            let input = [UInt8](try Data(contentsOf: folder.appending(path: file)))
            #expect(throws: Never.self, "\(name)/\(file)") { try target.check(input) }
        }
    }
}
