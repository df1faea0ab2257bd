/// What makes a span a failure and where its words come from (MAPPING 5.8), in the order of rank. The
/// status of the span and its last `exception` event are read beside these keys.
enum ErrorRule {
    static let type = KeySlot(.errorType)
    static let message = KeySlot(.errorMessage)
    static let stack = KeySlot(.errorStackTrace)
    static let code = KeySlot(.errorCode)
    static let domain = KeySlot(.errorDomain)
    static let category = KeySlot(.errorCategory)
    static let langfuseLevel = KeySlot(.langfuseLevel)
    static let langfuseMessage = KeySlot(.langfuseStatusMessage)
    static let liveKitIsError = KeySlot(.liveKitToolIsError)
    static let httpStatus = KeySlot(.httpStatusCode)
    static let grpcStatus = KeySlot(.grpcStatusCode)
}
