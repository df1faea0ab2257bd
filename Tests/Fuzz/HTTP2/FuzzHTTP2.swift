import FuzzHTTPClaims
import FuzzRunner

@main
enum FuzzHTTP2 {
    static func main() throws { try fuzz(HTTP2Target.self) }
}
