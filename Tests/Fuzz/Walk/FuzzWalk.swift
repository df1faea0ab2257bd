import FuzzClaims
import FuzzRunner

@main
enum FuzzWalk {
    static func main() throws { try fuzz(WalkTarget.self) }
}
