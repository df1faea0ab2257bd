/// Why the gateway did not start, in a sentence.
package struct StartError: Error, CustomStringConvertible {
    package enum Code: Int32, Sendable {
        /// A part cannot be started.
        case unavailable = 69
        /// Somebody else has what is needed; a later start may succeed.
        case temporaryFailure = 75
        /// Something is set up wrongly.
        case configuration = 78
    }

    package let description: String
    package let code: Code

    package init(description: String, code: Code = .unavailable) {
        self.description = description
        self.code = code
    }
}
