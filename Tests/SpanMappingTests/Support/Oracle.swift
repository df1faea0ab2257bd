import OracleKit

/// A reader of records that is not the program's own.
typealias JSON = OracleKit.JSON
typealias JSONParser = OracleKit.JSONParser
