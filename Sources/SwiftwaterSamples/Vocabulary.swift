/// The words of sample posts and films.
enum Vocabulary {
    static let words = """
        the a to and of in is for on it this with that you we at be my are not have what so from new just about all \
        day now out more good time like today how get one was great love going people up make see know can will first \
        best need back work thanks really some here much right down think week way home world never watch over live \
        still big last little news night music game read life show again year team team's start old free morning \
        early light water city house road green blue red summer winter rain sun moon river forest mountain ocean \
        island bridge tower garden street market station train flight coffee bread kitchen table window door paper \
        book letter story song dance stage camera picture film radio phone signal code data model cloud server engine \
        robot battery sensor planet orbit rocket launch lab science result number puzzle player goal match league \
        coach final score race bike runner swim climb ski trail park bird cat dog horse fox wolf bear whale tree seed \
        flower apple lemon honey salt pepper soup cheese bakery farm harvest village castle museum history
        """.split(whereSeparator: { $0 == " " || $0 == "\n" }).map(String.init)

    static let tags = """
        corona weekend football climate elections music swift openai travel photography breakingnews worldcup cinema \
        recipes gardening space fitness books startup history weather cycling opensource podcast chess transport \
        local jobs art design mindfulness coffee running astronomy robotics education theatre gaming anime jazz \
        baking hiking privacy energy housing
        """.split(whereSeparator: { $0 == " " || $0 == "\n" }).map(String.init)

    static let foreign = [
        "café", "mañana", "straße", "über", "déjà", "naïve", "coração", "привет", "сегодня", "новости", "спасибо", "日本",
        "東京", "音楽", "天気", "写真", "中国", "上海", "한국", "서울", "음악", "مرحبا", "שלום", "नमस्ते",
    ]

    static let emoji = ["😀", "😂", "🔥", "❤️", "🎉", "👍🏽", "🚀", "👩‍💻", "🇫🇷", "✨", "☕", "🌧️"]

    static let places = [
        "Lisbon", "Osaka", "Nairobi", "Bogotá", "Tallinn", "Leeds", "Montréal", "Izmir", "Pune", "Perth", "Austin",
        "Ghent",
        "São Paulo", "Kraków", "Accra", "Hanoi",
    ]

    private static let given = [
        "Ada", "Bo", "Chidi", "Dana", "Emil", "Farah", "Goro", "Hana", "Ines", "Jonas", "Kaya", "Lior", "Mina", "Nils",
        "Oren",
        "Priya", "Quim", "Rosa", "Sven", "Tara",
    ]

    static func name(_ number: Int) -> String { "\(given[number % given.count]) \(number / given.count)" }

    static let genres = ["Action", "Adventure", "Comedy", "Drama", "Horror", "Romance", "Sci-Fi", "Thriller"]

    private static let adjectives = [
        "Silent", "Golden", "Last", "Hidden", "Burning", "Midnight", "Broken", "Distant", "Crimson", "Paper", "Endless",
        "Frozen",
        "Electric", "Hollow", "Restless", "Second", "Gentle", "Savage", "Borrowed", "Invisible", "Velvet", "Northern",
        "Wild",
        "Quiet",
    ]

    private static let nouns = [
        "Harbor", "Garden", "Letter", "Empire", "Station", "River", "Summer", "Witness", "Machine", "Orchard",
        "Promise", "Signal",
        "Mountain", "Stranger", "Kingdom", "Mirror", "Voyage", "Winter", "Detective", "Island", "Melody", "Shadow",
        "Bridge",
        "Secret", "Carnival",
    ]

    /// Returns a film title with its year, different for every number below 48,000.
    static func title(_ number: Int) -> String {
        let adjective = adjectives[number % adjectives.count]
        let noun = nouns[number / adjectives.count % nouns.count]
        let year = 1930 + (number * 37 + number / 600) % 90
        let name = number % 3 == 0 ? "\(adjective) \(noun), The" : "\(adjective) \(noun)"
        let sequel = number / 600
        return sequel == 0 ? "\(name) (\(year))" : "\(name) \(sequel + 1) (\(year))"
    }
}
