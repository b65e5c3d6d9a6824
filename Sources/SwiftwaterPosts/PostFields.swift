/// The fields that are read from a line of JSON, as slices of the line.
struct PostFields {
    typealias Slice = UnsafeBufferPointer<UInt8>

    struct Value {
        var slice = Slice(start: nil, count: 0)
        var isEscaped = false
        var isThere = false
    }

    struct Commit {
        var operation = Value()
        var collection = Value()
        var key = Value()
        var text = Value()
        var created = Value()
        var tags: [Slice] = []
        var hasRecord = false
        var hasAny = false
    }

    var text = Value()
    var fullText = Value()
    var extendedText = Value()
    var content = Value()
    var id = Value()
    var idString = Value()
    var created = Value()
    var user = Value()
    var account = Value()
    /// In the normalized form: the kind of line, the author and the tags.
    var own = Value()
    var author = Value()
    var listedTags = Tags()
    var did = Value()
    var kind = Value()
    var tags = Tags()
    var extendedTags = Tags()
    var hasExtendedEntities = false
    var mastodonTags = Tags()
    var commit = Commit()

    /// An optional list, which keeps its memory from line to line.
    struct Tags {
        var isThere = false
        var slices: [Slice] = []

        var list: [Slice]? { isThere ? slices : nil }

        mutating func begin() {
            isThere = true
            slices.removeAll(keepingCapacity: true)
        }
    }

    /// Clears the fields.
    mutating func reset() {
        text.isThere = false
        fullText.isThere = false
        extendedText.isThere = false
        content.isThere = false
        id = Value()
        idString = Value()
        created.isThere = false
        user = Value()
        account = Value()
        own = Value()
        author = Value()
        listedTags.isThere = false
        did.isThere = false
        kind.isThere = false
        tags.isThere = false
        extendedTags.isThere = false
        hasExtendedEntities = false
        mastodonTags.isThere = false
        if commit.hasAny { commit = Commit() }
    }
}

extension PostFields {
    /// Fills `view`. Returns false if only `PostParser` can read the shape of the line.
    func fill(_ view: inout PostView, _ times: inout PostTimeReader) -> Bool {
        if own.isThere { return fillOwn(&view, &times) }
        if did.isThere, kind.isThere { return fillJetstream(&view, &times) }
        if content.isThere, account.isThere { return fillMastodon(&view, &times) }
        let wanted = extendedText.isThere ? extendedText : fullText.isThere ? fullText : text
        guard wanted.isThere, !content.isThere, !did.isThere else { return false }
        set(&view, text: wanted, .references)
        view.id = (idString.isThere ? idString : id).slice
        view.author = user.slice
        view.tags = hasExtendedEntities ? extendedTags.list : tags.list
        view.time = created.isThere ? times.milliseconds(created.slice) : nil
        return !(id.isEscaped || idString.isEscaped || user.isEscaped)
    }

    private func fillJetstream(_ view: inout PostView, _ times: inout PostTimeReader) -> Bool {
        guard kind.slice.isSame("commit"), commit.collection.slice.isSame("app.bsky.feed.post"), !did.isEscaped,
            !commit.operation.slice.isSame("delete"), commit.hasRecord, commit.text.isThere, commit.key.isThere,
            !commit.key.isEscaped
        else { return false }
        set(&view, text: commit.text, .none)
        // The id of the parser, "did/rkey", does not occur in the line. Author and key stand for it.
        view.id = commit.key.slice
        view.author = did.slice
        view.tags = commit.tags
        view.time = commit.created.isThere ? times.milliseconds(commit.created.slice) : nil
        view.isIDOfAuthor = true
        return true
    }

    private func fillOwn(_ view: inout PostView, _ times: inout PostTimeReader) -> Bool {
        guard own.slice.isSame("post"), text.isThere, !id.isEscaped, !author.isEscaped else { return false }
        set(&view, text: text, .none)
        view.id = id.slice
        view.author = author.slice
        view.tags = listedTags.list
        view.time = created.isThere ? times.milliseconds(created.slice) : nil
        return true
    }

    private func fillMastodon(_ view: inout PostView, _ times: inout PostTimeReader) -> Bool {
        guard !id.isEscaped, !account.isEscaped else { return false }
        set(&view, text: content, .html)
        view.id = id.slice
        view.author = account.slice
        view.tags = mastodonTags.list
        view.time = created.isThere ? times.milliseconds(created.slice) : nil
        return true
    }

    private func set(_ view: inout PostView, text: Value, _ markup: PostView.Markup) {
        (view.rawText, view.isEscaped, view.markup) = (text.slice, text.isEscaped, markup)
    }
}
