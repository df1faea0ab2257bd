import FuzzClaims
import FuzzRunner

@main
enum FuzzMapping {
    static func main() throws { try fuzz(MappingTarget.self) }
}
