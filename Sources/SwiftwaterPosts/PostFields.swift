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
        /// Those that are not in the text.
        var moreTags: [Slice] = []
        var hasRecord = false
        var hasAny = false
    }

    /// The text and tags of a post of Twitter or X.
    struct Content {
        var text = Value()
        var fullText = Value()
        var extendedText = Value()
        var tags = Tags()
        var extendedTags = Tags()
        var hasExtendedEntities = false

        mutating func reset() {
            text.isThere = false
            fullText.isThere = false
            extendedText.isThere = false
            tags.isThere = false
            extendedTags.isThere = false
            hasExtendedEntities = false
        }

        var wanted: Value { extendedText.isThere ? extendedText : fullText.isThere ? fullText : text }
        var listedTags: [Slice]? { hasExtendedEntities ? extendedTags.list : tags.list }
    }

    var own = Content()
    /// The original, in a retweet.
    var original = Content()
    var content = Value()
    var id = Value()
    var idString = Value()
    var created = Value()
    var user = Value()
    var account = Value()
    /// In the normalized form: the kind of line, the author and the tags.
    var form = Value()
    var author = Value()
    var authorID = Value()
    var listedTags = Tags()
    var did = Value()
    var kind = Value()
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
        own.reset()
        original.reset()
        content.isThere = false
        id = Value()
        idString = Value()
        created.isThere = false
        user = Value()
        account = Value()
        form = Value()
        author = Value()
        authorID = Value()
        listedTags.isThere = false
        did.isThere = false
        kind.isThere = false
        mastodonTags.isThere = false
        if commit.hasAny { commit = Commit() }
    }
}

extension PostFields {
    /// Fills `view`. Returns false if only `PostParser` can read the shape of the line.
    ///
    /// - Parameter memory: holds the text of a retweet, which is put together.
    ///
    /// Mutating, like what it calls, because the fields would be copied otherwise.
    mutating func fill(_ view: inout PostView, _ times: inout PostTimeReader, _ memory: inout [UInt8]) -> Bool {
        if form.isThere { return fillNormalized(&view, &times) }
        if did.isThere, kind.isThere { return fillJetstream(&view, &times) }
        if content.isThere, account.isThere { return fillMastodon(&view, &times) }
        guard own.wanted.isThere, !content.isThere, !did.isThere else { return false }
        if original.wanted.isThere {
            guard fillRetweet(&view, &memory) else { return false }
        } else {
            set(&view, text: own.wanted, .references)
            view.tags = own.listedTags
        }
        let writer = user.isThere ? user : authorID.isThere ? authorID : author
        view.id = (idString.isThere ? idString : id).slice
        view.author = writer.slice
        view.time = created.isThere ? times.milliseconds(created.slice) : nil
        return !(id.isEscaped || idString.isEscaped || writer.isEscaped)
    }

    /// Fills in `RT @name: ` and the whole text of the original.
    private mutating func fillRetweet(_ view: inout PostView, _ memory: inout [UInt8]) -> Bool {
        let (cut, whole) = (own.wanted, original.wanted)
        let length = Retweet.prefixLength(of: cut.slice.prefix(27))
        // An escape may stand for a character of the prefix.
        if length == 0, cut.isEscaped, cut.slice.prefix(160).contains(0x5C) { return false }
        memory.removeAll(keepingCapacity: true)
        memory.append(contentsOf: cut.slice.prefix(length))
        memory.append(contentsOf: whole.slice)
        // The array does not change while the view is in use.
        view.rawText = memory.withUnsafeBufferPointer { $0 }
        (view.isEscaped, view.markup) = (whole.isEscaped, .references)
        view.tags = original.listedTags
        return true
    }

    private mutating func fillJetstream(_ view: inout PostView, _ times: inout PostTimeReader) -> Bool {
        guard kind.slice.isSame("commit"), commit.collection.slice.isSame("app.bsky.feed.post"), !did.isEscaped,
            !commit.operation.slice.isSame("delete"), commit.hasRecord, commit.text.isThere, commit.key.isThere,
            !commit.key.isEscaped
        else { return false }
        set(&view, text: commit.text, .none)
        // The id of the parser, "did/rkey", does not occur in the line. Author and key stand for it.
        view.id = commit.key.slice
        view.author = did.slice
        view.tags = commit.tags + commit.moreTags
        view.time = commit.created.isThere ? times.milliseconds(commit.created.slice) : nil
        view.isIDOfAuthor = true
        return true
    }

    private mutating func fillNormalized(_ view: inout PostView, _ times: inout PostTimeReader) -> Bool {
        guard form.slice.isSame("post"), own.text.isThere, !id.isEscaped, !author.isEscaped else { return false }
        set(&view, text: own.text, .none)
        view.id = id.slice
        view.author = author.slice
        view.tags = listedTags.list
        view.time = created.isThere ? times.milliseconds(created.slice) : nil
        return true
    }

    private mutating func fillMastodon(_ view: inout PostView, _ times: inout PostTimeReader) -> Bool {
        // Mastodon has no other id; where there is one, the parser decides.
        guard !id.isEscaped, !account.isEscaped, !idString.isThere else { return false }
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
