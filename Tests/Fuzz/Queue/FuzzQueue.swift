import FuzzQueueClaims
import FuzzRunner

@main
enum FuzzQueue {
    static func main() throws { try fuzz(QueueTarget.self) }
}
