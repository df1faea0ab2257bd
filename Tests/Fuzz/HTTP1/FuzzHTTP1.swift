import FuzzHTTPClaims
import FuzzRunner

@main
enum FuzzHTTP1 {
    static func main() throws { try fuzz(HTTP1Target.self) }
}
