import CFuzzer
import Foundation
import FuzzClaims

/// The one target of this program; set before libFuzzer starts, and read by what it calls.
private nonisolated(unsafe) var target: (any FuzzTarget.Type)!

/// The whole of a fuzzer: `fuzz-NAME --seeds FOLDER` writes what libFuzzer begins with and the
/// words that it may use, and everything else is libFuzzer's command line.
package func fuzz(_ fuzzed: any FuzzTarget.Type) throws {
    target = fuzzed
    if CommandLine.arguments.dropFirst().first == "--seeds" {
        return try writeSeeds(to: CommandLine.arguments[2])
    }
    var count = CommandLine.argc
    var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv
    exit(LLVMFuzzerRunDriver(&count, &arguments, check))
}

/// What the address sanitizer starts with. It takes what only Swift's tagged pointers lead to for
/// leaked, and would keep more of freed memory than is worth the time.
@_cdecl("__asan_default_options")
public func sanitizerOptions() -> UnsafePointer<UInt8> {
    ("detect_leaks=0:malloc_context_size=3:quarantine_size_mb=16" as StaticString).utf8Start
}

private let check: @convention(c) (UnsafePointer<UInt8>?, Int) -> Int32 = { start, count in
    do throws(BrokenClaim) {
        try target.check(Array(UnsafeBufferPointer(start: start, count: count)))
    } catch {
        FileHandle.standardError.write(Data("\nbroken claim: \(error)\n".utf8))
        abort()
    }
    return 0
}

/// libFuzzer calls this in place of its own mutations, by its name.
@_cdecl("LLVMFuzzerCustomMutator")
public func mutate(
    _ data: UnsafeMutablePointer<UInt8>, _ count: Int, _ maxCount: Int, _ seed: UInt32
) -> Int {
    let input = Array(UnsafeBufferPointer(start: data, count: count))
    guard
        let mutated = target.mutated(
            input, maxBytes: maxCount, seed: UInt64(seed), by: changed)
    else { return LLVMFuzzerMutate(data, count, maxCount) }
    let kept = mutated.prefix(maxCount)
    _ = UnsafeMutableBufferPointer(start: data, count: maxCount).update(fromContentsOf: kept)
    return kept.count
}

private func changed(_ bytes: [UInt8], maxBytes: Int) -> [UInt8] {
    guard maxBytes > 0 else { return bytes }
    return [UInt8](unsafeUninitializedCapacity: max(maxBytes, bytes.count)) { buffer, count in
        _ = buffer.update(fromContentsOf: bytes)
        count = LLVMFuzzerMutate(buffer.baseAddress, min(bytes.count, maxBytes), maxBytes)
    }
}

/// `FOLDER/seeds/000` and so on, and `FOLDER/words` as libFuzzer reads a dictionary.
private func writeSeeds(to folder: String) throws {
    let seeds = URL(filePath: folder).appending(path: "seeds")
    try FileManager.default.createDirectory(at: seeds, withIntermediateDirectories: true)
    for (number, seed) in try target.seeds().enumerated() {
        try Data(seed).write(to: seeds.appending(path: String(1000 + number)))
    }
    let words = target.words().map { word in
        "\"" + word.map { "\\x" + String(Int($0) + 256, radix: 16).dropFirst() }.joined() + "\"\n"
    }
    try Data(words.joined().utf8).write(to: URL(filePath: folder).appending(path: "words"))
}
