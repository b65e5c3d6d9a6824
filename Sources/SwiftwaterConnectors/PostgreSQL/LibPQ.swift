import SwiftwaterCore

/// The functions of PostgreSQL's client library that are used here (PostgreSQL's documentation, chapter "libpq").
struct LibPQ: Sendable {
    typealias Connection = OpaquePointer
    typealias Result = OpaquePointer
    typealias Text = UnsafePointer<CChar>
    typealias Texts = UnsafePointer<Text?>

    /// `CONNECTION_OK` of `ConnStatusType`.
    static let connectionIsFine: CInt = 0
    /// Values of `ExecStatusType`.
    static let commandWasFine: CInt = 1
    static let rowsCame: CInt = 2
    static let copyIn: CInt = 4
    /// The fields of errors: `PG_DIAG_SQLSTATE`, `PG_DIAG_MESSAGE_PRIMARY`, `PG_DIAG_MESSAGE_DETAIL`.
    static let state = CInt(UInt8(ascii: "C"))
    static let message = CInt(UInt8(ascii: "M"))
    static let detail = CInt(UInt8(ascii: "D"))

    let connect: @convention(c) (Texts, Texts, CInt) -> Connection?
    let finish: @convention(c) (Connection) -> Void
    let status: @convention(c) (Connection) -> CInt
    let errorMessage: @convention(c) (Connection) -> Text?
    let execute:
        @convention(c) (
            Connection, Text, CInt, UnsafeRawPointer?, Texts?, UnsafePointer<CInt>?, UnsafePointer<CInt>?, CInt
        ) -> Result?
    let resultStatus: @convention(c) (Result) -> CInt
    let errorField: @convention(c) (Result, CInt) -> Text?
    let clear: @convention(c) (Result) -> Void
    let rowCount: @convention(c) (Result) -> CInt
    let columnCount: @convention(c) (Result) -> CInt
    let value: @convention(c) (Result, CInt, CInt) -> Text?
    let valueLength: @convention(c) (Result, CInt, CInt) -> CInt
    let isNull: @convention(c) (Result, CInt, CInt) -> CInt
    let affectedRows: @convention(c) (Result) -> Text?
    let putCopy: @convention(c) (Connection, UnsafePointer<CChar>, CInt) -> CInt
    let endCopy: @convention(c) (Connection, Text?) -> CInt
    let nextResult: @convention(c) (Connection) -> Result?

    /// The name under which the library was found.
    let libraryName: String

    /// The library, loaded at the first use.
    ///
    /// - Throws: `unsupported` if it is not installed.
    static func shared() throws -> LibPQ { try loaded.get() }

    private static let loaded = Swift.Result<LibPQ, any Error> { try LibPQ() }

    private init() throws {
        let library = try DynamicLibrary(
            ["libpq.so.5", "libpq.5.dylib", "/opt/homebrew/opt/libpq/lib/libpq.5.dylib"], for: "PostgreSQL",
            packages: "install it: apt install libpq5, dnf install libpq, or brew install libpq")
        libraryName = library.name
        connect = try library.function("PQconnectdbParams")
        finish = try library.function("PQfinish")
        status = try library.function("PQstatus")
        errorMessage = try library.function("PQerrorMessage")
        execute = try library.function("PQexecParams")
        resultStatus = try library.function("PQresultStatus")
        errorField = try library.function("PQresultErrorField")
        clear = try library.function("PQclear")
        rowCount = try library.function("PQntuples")
        columnCount = try library.function("PQnfields")
        value = try library.function("PQgetvalue")
        valueLength = try library.function("PQgetlength")
        isNull = try library.function("PQgetisnull")
        affectedRows = try library.function("PQcmdTuples")
        putCopy = try library.function("PQputCopyData")
        endCopy = try library.function("PQputCopyEnd")
        nextResult = try library.function("PQgetResult")
    }
}
