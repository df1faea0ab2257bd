import FuzzClaims
import FuzzRunner

@main
enum FuzzTranscode {
    static func main() throws { try fuzz(TranscodeTarget.self) }
}
