//! First names that are one name: the full form, its short forms, and how neighbouring languages write it. Data.
//!
//! A row holds the forms of one name, in any script; what sounds the same need be there once. A short form may stand in
//! several rows: Sasha is Alexander or Alexandra. Only what is in common use, so that no name is read into another.

use std::sync::LazyLock;

use foldhash::{HashMap, HashMapExt};

use super::spelling::Word;

/// One name a row.
const NAMES: &[&str] = &[
    // Russian and Ukrainian, men
    "александр alexander alexandre олександр саша саня шура alex sasha олесь сашко alejandro aleksander aleksandar",
    "алексей олексій alexei лёша леша алёша lesha alyosha alex олекса",
    "анатолий анатолій anatole толя толик",
    "андрей андрій andrew andreas andrzej анджей andre андрюша дрюша andy drew эндрю",
    "антон anton тоша антоша anthony antonio tony toni",
    "аркадий аркадій аркаша",
    "артём артемий артем тёма тема",
    "борис боря",
    "вадим вадик",
    "валентин валя валик",
    "валерий валерій valeri валера",
    "василий василь vasili вася васёк basil",
    "виктор віктор victor витя витёк vic",
    "виталий віталій виталик",
    "владимир володимир vladimir вова володя вовчик wladimir volodya",
    "владислав влад vladislav wladyslaw",
    "всеволод сева",
    "вячеслав в'ячеслав слава",
    "геннадий геннадій гена",
    "георгий георгій гоша жора george georg jorge джордж",
    "глеб гліб",
    "григорий григорій гриша gregory greg grigori",
    "даниил данило данила даня daniel dan danny",
    "денис дэн dennis denys",
    "дмитрий дмитро дима митя dima dmytro",
    "евгений євген eugene женя евген zhenya eugen",
    "егор єгор yegor гоша",
    "захар захарий zachary",
    "иван іван ваня john vanya ivan johann jan",
    "игорь ігор igor",
    "илья ілля илюша elias",
    "иннокентий кеша",
    "кирилл кирило kirill cyril кира",
    "константин костянтин konstantin костя constantine",
    "леонид леонід leonid лёня леня",
    "максим max макс maxim",
    "матвей матвій матвейка matthew matthias matt mateusz",
    "михаил михайло миша michael mike mikhail mick misha michel miguel майкл",
    "николай микола nikolai коля nicholas nick nikolaus nicolas kolya",
    "олег oleg олежек",
    "павел павло pavel паша paul pablo pawel pasha",
    "пётр петро петя peter piotr pete pedro pierre",
    "роман рома roman ромка",
    "руслан рус",
    "семён семен сёма simon",
    "сергей сергій serhii sergei серёжа сережа serge серго",
    "станислав стас stanislav stanislaw",
    "степан stephen stepan стёпа steven steve stefan stephan stephane стив стивен",
    "тарас taras",
    "тимофей тимофій тима timothy tim",
    "тимур тима",
    "фёдор федір theodore федя theo ted",
    "юрий юрій юра yura",
    "яков яків jacob яша jakob james",
    "ярослав слава ярик jaroslaw",
    // Russian and Ukrainian, women
    "александра олександра alexandra саша шура sasha sandra aleksandra леся",
    "алина alina аля",
    "алла алла алочка",
    "анастасия анастасія anastasia настя стася nastya stacy",
    "ангелина angelina геля лина",
    "анна ann anne аня нюра anya anja нюша аннушка",
    "валентина валя valentina",
    "валерия валерія лера valeria",
    "варвара варя barbara",
    "вера віра vera верочка",
    "вероника вероніка veronica ника ronnie",
    "виктория вікторія victoria вика vicky vika tori",
    "галина halyna галя",
    "дарья дар'я дарина даша daria dasha",
    "диана diana ди",
    "евгения євгенія женя eugenia",
    "екатерина катерина catherine катя kate katherine kathy katie kat cathy katarina katya katia katarzyna kasia",
    "елена олена helen лена helena alena alyona lena алёна elena",
    "елизавета єлизавета elizabeth лиза liz beth betty lisa eliza elisabeth bess libby",
    "жанна jeanne zhanna",
    "зинаида зина",
    "зоя zoe",
    "инна інна",
    "ирина ірина irene ира irina ira",
    "карина карина",
    "кристина христина christina christine крис chris kristin",
    "ксения оксана xenia ксюша",
    "лариса лора larisa лара",
    "лидия лідія lydia лида",
    "любовь люба lubov",
    "людмила люда люся мила lyudmila",
    "маргарита рита margaret марго rita meg peggy maggie margo margarete greta",
    "марина marina",
    "мария марія mary маша marie masha molly maria маруся",
    "надежда надія nadia надя",
    "наталья наталія natalie наташа натали natasha ната",
    "нина ніна",
    "оксана ксана oxana",
    "ольга olga оля helga olya",
    "полина поля paulina",
    "раиса рая",
    "светлана світлана svetlana света sveta лана",
    "софья софія sophia соня sonya sophie sofia sonja",
    "тамара тома",
    "татьяна тетяна tatiana таня tanya tania tatjana",
    "ульяна уляна juliana",
    "юлия юлія julia юля julie yulia",
    "яна jana",
    // English, with what German, French, Polish and Spanish share with it
    "abigail abby gail",
    "albert al bert bertie",
    "alfred al fred alf",
    "alison alice ali",
    "amanda mandy",
    "arthur art artur",
    "benjamin ben benny",
    "bernard bernie bernhard",
    "caroline carol carrie karoline",
    "charles charlie chuck karl carlos",
    "charlotte lottie charlie",
    "christopher chris kit christoph topher",
    "christian chris",
    "clifford cliff",
    "david dave davey",
    "deborah debbie deb",
    "donald don donnie",
    "dorothy dot dolly dorothea",
    "edward ed eddie ted eduard ned",
    "eleanor ellie nora nell",
    "emily em emmy emilia",
    "emma em",
    "eric erik rick",
    "florence flo",
    "frances fran franny",
    "francis frank franz francisco paco frankie",
    "frederick fred freddy friedrich fritz",
    "gabriel gabe",
    "gabrielle gabriela gabi",
    "gerald gerry jerry gerhard gerd",
    "gilbert gil bert",
    "harold harry hal",
    "henry harry hank heinrich heinz henri",
    "hubert bert",
    "isaac ike",
    "isabella bella isabel izzy isabelle",
    "jacqueline jackie",
    "jeffrey jeff geoffrey geoff",
    "jennifer jen jenny",
    "jessica jess jessie",
    "joanna jo joanne johanna hanna joan",
    "jonathan jon",
    "john jack johnny jon джон johnnie",
    "james jim jimmy jamie джеймс",
    "joseph joe joey josef jose pepe józef",
    "joshua josh",
    "judith judy",
    "kenneth ken kenny",
    "lawrence larry laurence lorenz",
    "leonard leo len lenny leonhard",
    "louis lou lewis ludwig luis",
    "malcolm mal",
    "marjorie marge",
    "martha marty",
    "martin marty",
    "melissa mel lissa",
    "nathaniel nathan nat nate",
    "oliver ollie",
    "pamela pam",
    "patrick pat paddy",
    "patricia pat patty trish tricia",
    "philip phil pip philipp felipe",
    "rachel rae",
    "raymond ray",
    "rebecca becky becca",
    "richard rick dick rich richie ricky ricardo",
    "robert bob rob bobby robbie bert roberto",
    "roger rodge rüdiger",
    "ronald ron ronnie reinhold",
    "rosemary rose rosie",
    "samuel sam sammy",
    "samantha sam",
    "stephanie steph steffi stefanie",
    "susan sue susie suzanne susanne susanna",
    "teresa theresa terry tess tessa",
    "terence terry",
    "thomas tom tommy tomasz tomas",
    "victor vic",
    "vincent vince vinny vinzenz",
    "virginia ginny",
    "walter walt wally walther",
    "wilhelm willi willy william bill billy will liam guillermo guillaume wilhelmina",
    "winifred winnie",
    "jürgen georg jörg",
    "hans johannes johann john",
    "ulrich uli",
    "ulrike uli rike",
    "wolfgang wolf",
    "kazimierz kazik",
    "małgorzata gosia margaret",
    "agnieszka agnes aga",
    "krzysztof christopher krzys",
];

/// True if both are forms of one first name.
pub(super) fn are_one_name(one: &Word, other: &Word) -> bool {
    keys_of_forms(one).any(|key| other.has_key(key))
}

/// True for a first name, in any form.
pub(super) fn is_first_name(word: &Word) -> bool {
    word.keys().any(|key| ROWS.contains_key(key))
}

/// The keys of every form of the first names that a word may be.
pub(in crate::address_book) fn keys_of_forms(word: &Word) -> impl Iterator<Item = &'static str> {
    let rows = word.keys().filter_map(|key| ROWS.get(key)).flatten();
    rows.filter_map(|row| KEYS.get(*row)).flatten().map(String::as_str)
}

/// What the forms of each row of [`NAMES`] sound like.
static KEYS: LazyLock<Vec<Vec<String>>> = LazyLock::new(|| {
    let keys_of = |name: &str| -> Vec<String> { Word::new(name).keys().map(str::to_owned).collect() };
    let names = NAMES.iter();
    names.map(|row| row.split(' ').flat_map(keys_of).collect()).collect()
});

/// The rows of [`NAMES`] by what their forms sound like.
static ROWS: LazyLock<HashMap<&str, Vec<usize>>> = LazyLock::new(|| {
    let mut rows: HashMap<&str, Vec<usize>> = HashMap::new();
    for (row, keys) in KEYS.iter().enumerate() {
        for key in keys {
            rows.entry(key).or_default().push(row);
        }
    }
    rows
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_forms_are_the_full_name_in_any_script_and_names_that_look_alike_are_not() {
        for (one, other, expected) in [
            ("саша", "александр", true),
            ("sasha", "александра", true),
            ("bob", "robert", true),
            ("kate", "екатерина", true),
            ("zhenya", "евгений", true),
            ("peggy", "margaret", true),
            ("лёша", "алексей", true),
            ("serhii", "сергей", true),
            ("anna", "hanna", false),
            ("марина", "мария", false),
            ("john", "jonas", false),
            ("martin", "martina", false),
            ("петров", "пётр", false),
        ] {
            let are_one = are_one_name(&Word::new(one), &Word::new(other));
            assert_eq!(are_one, expected, "{one} {other}");
        }
    }

    #[test]
    fn every_form_is_written_as_it_is_compared() {
        for name in NAMES.iter().flat_map(|row| row.split(' ')) {
            assert!(!name.is_empty() && name == name.to_lowercase(), "{name:?}");
        }
    }
}
