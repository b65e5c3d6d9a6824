import CSwiftwaterClients
import SwiftwaterCore

/// The functions of MongoDB's C driver that are used here (its documentation, "libmongoc" and "libbson", version 1).
struct LibMongoC: Sendable {
    typealias Client = OpaquePointer
    typealias Address = OpaquePointer
    typealias Session = OpaquePointer
    typealias Text = UnsafePointer<CChar>
    typealias Document = OpaquePointer
    typealias Failure = UnsafeMutablePointer<sw_mongo_error>

    /// The size and the alignment of `bson_t`, for replies.
    static let documentSize = 128

    let newAddress: @convention(c) (Text, Failure) -> Address?
    let setUser: @convention(c) (Address, Text) -> Bool
    let setPassword: @convention(c) (Address, Text) -> Bool
    let setNumber: @convention(c) (Address, Text, Int32) -> Bool
    let destroyAddress: @convention(c) (Address) -> Void
    let newClient: @convention(c) (Address, Failure) -> Client?
    let setErrorVersion: @convention(c) (Client, Int32) -> Bool
    let setName: @convention(c) (Client, Text) -> Bool
    let destroyClient: @convention(c) (Client) -> Void
    let run: @convention(c) (Client, Text, Document, OpaquePointer?, Document?, Document, Failure) -> Bool
    let selectServer: @convention(c) (Client, Bool, OpaquePointer?, Failure) -> OpaquePointer?
    let serverID: @convention(c) (OpaquePointer) -> UInt32
    let destroyServer: @convention(c) (OpaquePointer) -> Void
    let newSession: @convention(c) (Client, OpaquePointer?, Failure) -> Session?
    let destroySession: @convention(c) (Session) -> Void
    let sessionID: @convention(c) (Session) -> Document?
    let appendSession: @convention(c) (Session, Document, Failure) -> Bool
    let begin: @convention(c) (Session, OpaquePointer?, Failure) -> Bool
    let commit: @convention(c) (Session, Document, Failure) -> Bool
    let abort: @convention(c) (Session, Failure) -> Bool
    let hasLabel: @convention(c) (Document, Text) -> Bool
    let newDocument: @convention(c) () -> Document?
    let parse: @convention(c) (UnsafePointer<UInt8>, Int, Failure) -> Document?
    let json: @convention(c) (Document, UnsafeMutablePointer<Int>?) -> UnsafeMutablePointer<CChar>?
    let free: @convention(c) (UnsafeMutableRawPointer?) -> Void
    let destroyDocument: @convention(c) (Document) -> Void

    /// The name under which the library was found.
    let libraryName: String

    /// The library, loaded at the first use.
    ///
    /// - Throws: `unsupported` if it is not installed.
    static func shared() throws -> LibMongoC { try loaded.get() }

    private static let loaded = Result<LibMongoC, any Error> { try LibMongoC() }

    private init() throws {
        let packages =
            "install it: apt install libmongoc-1.0-0, dnf install mongo-c-driver, or brew install mongo-c-driver@1"
        let library = try DynamicLibrary(
            ["libmongoc-1.0.so.0", "libmongoc-1.0.0.dylib"], for: "MongoDB", packages: packages)
        let documents = try DynamicLibrary(
            ["libbson-1.0.so.0", "libbson-1.0.0.dylib"], for: "MongoDB", packages: packages)
        libraryName = library.name
        newAddress = try library.function("mongoc_uri_new_with_error")
        setUser = try library.function("mongoc_uri_set_username")
        setPassword = try library.function("mongoc_uri_set_password")
        setNumber = try library.function("mongoc_uri_set_option_as_int32")
        destroyAddress = try library.function("mongoc_uri_destroy")
        newClient = try library.function("mongoc_client_new_from_uri_with_error")
        setErrorVersion = try library.function("mongoc_client_set_error_api")
        setName = try library.function("mongoc_client_set_appname")
        destroyClient = try library.function("mongoc_client_destroy")
        run = try library.function("mongoc_client_command_with_opts")
        selectServer = try library.function("mongoc_client_select_server")
        serverID = try library.function("mongoc_server_description_id")
        destroyServer = try library.function("mongoc_server_description_destroy")
        newSession = try library.function("mongoc_client_start_session")
        destroySession = try library.function("mongoc_client_session_destroy")
        sessionID = try library.function("mongoc_client_session_get_lsid")
        appendSession = try library.function("mongoc_client_session_append")
        begin = try library.function("mongoc_client_session_start_transaction")
        commit = try library.function("mongoc_client_session_commit_transaction")
        abort = try library.function("mongoc_client_session_abort_transaction")
        hasLabel = try library.function("mongoc_error_has_label")
        newDocument = try documents.function("bson_new")
        parse = try documents.function("bson_new_from_json")
        json = try documents.function("bson_as_canonical_extended_json")
        free = try documents.function("bson_free")
        destroyDocument = try documents.function("bson_destroy")
        let start: @convention(c) () -> Void = try library.function("mongoc_init")
        let quiet: @convention(c) (OpaquePointer?, UnsafeMutableRawPointer?) -> Void =
            try library.function("mongoc_log_set_handler")
        // What goes wrong is in the errors.
        quiet(nil, nil)
        start()
    }
}
