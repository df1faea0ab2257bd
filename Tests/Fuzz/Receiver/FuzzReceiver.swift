import FuzzReceiverClaims
import FuzzRunner

@main
enum FuzzReceiver {
    static func main() throws { try fuzz(ReceiverTarget.self) }
}
