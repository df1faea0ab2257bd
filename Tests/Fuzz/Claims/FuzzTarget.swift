/// A part of the program that takes bytes of strangers, and what holds of it whatever they are.
///
/// libFuzzer looks for an input that breaks a claim, in a program of its own for each target; a
/// test runs the seeds and all inputs that were found once.
package protocol FuzzTarget: SendableMetatype {
    /// Names the folders of its seeds, of its regressions and of its findings.
    static var name: String { get }
    /// Inputs to begin with.
    static func seeds() throws -> [[UInt8]]
    /// Runs of bytes that mean something there, for libFuzzer to put in.
    static func words() -> [[UInt8]]
    /// Returns where every claim holds for `input`. A trap is a finding as well.
    static func check(_ input: [UInt8]) throws(BrokenClaim)
    /// An input like `input` that is still of the form that the part reads, of at most about
    /// `maxBytes` bytes; nil where bytes changed at random are as good.
    static func mutated(
        _ input: [UInt8], maxBytes: Int, seed: UInt64, by change: ByteChange
    ) -> [UInt8]?
}

/// Changes bytes at random: they, and how many they may become.
package typealias ByteChange = (_ bytes: [UInt8], _ maxBytes: Int) -> [UInt8]

extension FuzzTarget {
    package static func mutated(
        _ input: [UInt8], maxBytes: Int, seed: UInt64, by change: ByteChange
    ) -> [UInt8]? { nil }
}

/// Says which claim an input has broken, and what was seen.
package struct BrokenClaim: Error, Hashable, CustomStringConvertible {
    package let description: String

    package init(_ description: String) { self.description = description }
}

package func claim(
    _ holds: Bool, _ otherwise: @autoclosure () -> String
) throws(BrokenClaim) {
    guard holds else { throw BrokenClaim(otherwise()) }
}
