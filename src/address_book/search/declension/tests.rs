//! Tests of the nominatives of declined words, and of names whose words agree in gender and case.

use proptest::prelude::*;

use super::super::spelling::plain;
use super::*;

/// The forms of the contact's word that the question's word may be; `None` if it is no form of it.
fn forms(asked: &str, name: &str) -> Option<Forms> {
    let (asked, name) = (plain(&asked.to_lowercase()), plain(&name.to_lowercase()));
    if asked == name {
        return Some(Forms::of_nominative(&asked));
    }
    let of_it = nominatives(&asked).into_iter().find(|known| known.text == name);
    of_it.map(|known| known.forms)
}

/// True if each word is a form of a word of the name, and all agree in gender and case.
fn is_form_of(asked: &str, name: &str) -> bool {
    let pairs = asked.split(' ').zip(name.split(' '));
    let forms: Option<Vec<Forms>> = pairs.map(|(asked, name)| forms(asked, name)).collect();
    forms.is_some_and(|forms| !forms.into_iter().fold(Forms::ALL, Forms::and).is_empty())
}

fn is_certain(asked: &str) -> bool {
    let words: Vec<String> = asked.to_lowercase().split(' ').map(plain).collect();
    is_certainly_declined(words.iter().map(String::as_str))
}

#[test]
fn a_declined_name_is_a_form_of_its_nominative() {
    for (name, declined) in [
        (
            "Анна Ковалёва",
            "Анны Ковалёвой, Анне Ковалёвой, Анну Ковалёву, Анной Ковалёвой, Анною Ковалёвою",
        ),
        (
            "Михаил Орлов",
            "Михаила Орлова, Михаилу Орлову, Михаилом Орловым, Михаиле Орлове",
        ),
        ("Лев Гордин", "Льва Гордина, Льву Гордину, Львом Гординым, Льве Гордине"),
        ("Пётр Лапин", "Петра Лапина, Петру Лапину, Петром Лапиным, Петре Лапине"),
        ("Павел Бобок", "Павла Бобка, Павлу Бобку, Павлом Бобком, Павле Бобке"),
        (
            "Рустам Маратович",
            "Рустама Маратовича, Рустаму Маратовичу, Рустамом Маратовичем",
        ),
        (
            "Бернацкий Эмиль Витальевич",
            "Бернацкого Эмиля Витальевича, Бернацким Эмилем Витальевичем",
        ),
        ("Трошева Алия", "Трошевой Алие, Трошеву Алию, Трошевой Алиёй"),
        ("Илья Толстой", "Ильи Толстого, Илье Толстому, Ильёй Толстым"),
        ("Никита Кравец", "Никиты Кравца, Никите Кравцу, Никитой Кравцом"),
        ("Любовь Чайковская", "Любови Чайковской, Любовью Чайковской"),
        ("Андрей Соловей", "Андрея Соловья, Андрею Соловью, Андреем Соловьем"),
        ("Игорь Заяц", "Игоря Заяца, Игорем Заяцем"),
        ("Ян Чёрный", "Яна Чёрного, Яну Чёрному, Яном Чёрным"),
        // Names that are not declined.
        ("Анна Мюллер", "Анны Мюллер, Анне Мюллер, Анной Мюллер"),
        ("Мария Кравчук", "Марии Кравчук, Марией Кравчук"),
        ("Иван Шевченко", "Ивана Шевченко, Ивану Шевченко"),
        ("Ольга Седых", "Ольги Седых, Ольгой Седых"),
        ("Юлия Живаго", "Юлии Живаго, Юлией Живаго"),
        // Ukrainian.
        (
            "Маркіян Півень",
            "Маркіяна Півня, Маркіянові Півневі, Маркіяну Півню, Маркіяном Півнем, Маркіяне Півню",
        ),
        (
            "Терентій Білець",
            "Терентія Більця, Терентієві Більцю, Терентієм Більцем, Терентію Більцю",
        ),
        ("Павло Заєць", "Павла Зайця, Павлові Зайцю, Павлом Зайцем, Павле Зайцю"),
        (
            "Щербій Степан Пилипович",
            "Щербія Степана Пилиповича, Щербієві Степанові Пилиповичу, Щербію Степане Пилиповичу",
        ),
        (
            "Дужа Горпина Єгорівна",
            "Дужої Горпини Єгорівни, Дужій Горпині Єгорівні, Дужою Горпиною Єгорівною",
        ),
        ("Ольга Муха", "Ольги Мухи, Ользі Мусі, Ольгою Мухою, Ольго Мухо"),
        ("Марія Іванова", "Марії Іванової, Марією Івановою, Маріє Іванова"),
        ("Федір Ковалів", "Федора Коваліва, Федорові Ковалівові"),
        ("Яків Сокіл", "Якова Сокола, Яковом Соколом, Якове Соколе"),
        ("Петро Козак", "Петра Козака, Петрові Козакові, Петре Козаче"),
        ("Любов Прилука", "Любові Прилуки, Любові Прилуці, Любов'ю Прилукою"),
    ] {
        for declined in declined.replace('\'', "").split(", ") {
            assert!(is_form_of(declined, name), "{declined} is a form of {name}");
        }
    }
}

#[test]
fn a_declined_name_is_no_form_of_another_name() {
    for (asked, name) in [
        ("Абрамовичу", "Абрамов"),
        ("Абрамову", "Абрамович"),
        ("Лёве", "Лев"),
        ("Льву", "Лёва"),
        ("Кузьминых", "Кузьмин"),
        ("Кузьминой", "Кузьмин"),
        ("Ольге", "Олег"),
        ("Олегу", "Ольга"),
        ("Петренко", "Петров"),
        ("Стойковичу", "Стойков"),
        ("Юрию", "Юлия"),
        ("Мариной", "Мария"),
        // Gender and case do not agree.
        ("Анне Ковалёву", "Анна Ковалёва"),
        ("Анны Ковалёву", "Анна Ковалёва"),
        ("Валерия Петровой", "Валерий Петрова"),
        ("Сашу Петрову", "Саша Петров"),
        ("Ивана Кравчук", "Иван Кравчук"),
        ("Polina", "Polin"),
    ] {
        assert!(!is_form_of(asked, name), "{asked} is no form of {name}");
    }
}

#[test]
fn a_name_is_certainly_declined_only_if_it_cannot_be_a_nominative() {
    for certain in [
        "Анне Ковалёвой",
        "Михаила Орлова",
        "Ольгой Сорокиной",
        "Льву Гордину",
        "Петру Лапину",
        "Рустаму Маратовичу",
        "Бернацкого Эмиля Виталиевича",
        "Романом Телятниковым",
        "Дужій Горпині Єгорівні",
        "Кузьминой Анны",
        "Марии Кравчук",
        "Диане Папаниной",
        "Виктории Белосковой",
        "Анжеликой Жураковской",
        "Дамиру Маратовичу Воложу",
        "Русланом Пекарем",
        "Елене Волковой",
        "Павлові Зайцю",
        "Сергея Шевченко",
        "Сергія Зайця",
    ] {
        assert!(is_certain(certain), "{certain}");
    }
    for uncertain in [
        // Women, or men in the genitive.
        "Александра Волкова",
        "Валерия Петрова",
        "Евгения Мельник",
        "Павла Петрова",
        "Юлия Орлова",
        "Руслана Шевченко",
        "Фарида Каримова",
        "Романа Орлова",
        "Иванна Лапина",
        // Men in the dative or the locative, or women in the accusative or the dative.
        "Валентину Бурову",
        "Евгению Шевченко",
        "Александре Волкове",
        "Валерии Шевченко",
        // Others in the nominative.
        "Анне Мюллер",
        "Марие Кравчук",
        "Полина Орлова",
        "Анна Ковалёва",
        "Сергей Толстой",
        "Лев Береговой",
        "Илья Малой",
        "Раду Чебану",
        "Петру Унгуряну",
        "Александру Чебану",
        "Диане Кравчук",
        "Назара Унгуряну",
        "Арсения Орлова",
        "Роберта Орлова",
        "Петра Лапина",
        "Андрея Орлова",
        "Ивана Шевченко",
        "Злате Исайченко",
        "Нино Беридзе",
        "Максим Раим",
        "Ким Артём",
        "Люси Кравчук",
        "Любов Прилука",
        "Микола Лисенко",
        "Anna Müller",
        "Wu Yi",
        "Жени Лановой",
        "Лука Кузьма",
        "Юрий Ким",
    ] {
        assert!(!is_certain(uncertain), "{uncertain}");
    }
}

#[test]
fn the_table_of_endings_is_read_in_full() {
    let rows = || ROWS.values().flatten();
    assert!(rows().count() > 250);
    assert!(rows().all(|row| row.forms != Forms::NONE));
    assert_eq!(
        ROWS.keys().map(|ending| ending.chars().count()).max(),
        Some(LONGEST_ENDING)
    );
}

fn any_word() -> impl Strategy<Value = String> {
    let endings: Vec<&str> = ROWS.keys().copied().collect();
    let declined = ("[а-яіїєґ]{0,9}", prop::sample::select(endings)).prop_map(|(stem, ending)| stem + ending);
    prop_oneof![declined, any::<String>()]
}

proptest! {
    #[test]
    fn nominatives_are_few_and_never_the_word_itself(word in any_word()) {
        let found = nominatives(&word);
        prop_assert!(found.len() <= MAX_NOMINATIVES);
        prop_assert!(found.iter().all(|known| known.text != word && known.forms.and(Forms::NOMINATIVE) == Forms::NONE));
        let _ = (Forms::of_nominative(&word), is_certainly_declined([word.as_str()].into_iter()));
    }
}
