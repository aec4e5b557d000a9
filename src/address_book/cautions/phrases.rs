//! Phrases that speak to a model and occur in hardly any name. Pure data, in the languages of Bitrix24's customers: many
//! for each of fourteen, and the most common orders in nine more, of Dutch to Hindi.
//!
//! A phrase is a row. Its parts, between blanks, occur in this order; `|` stands between alternatives, `*` for any ending,
//! and `$` alone for the end of the text. Other words may stand between two parts, but few; before a part with `+` only
//! [`FILLERS`], for `Do not reply. Alerts for users` is no order. [`PIECES`] are of languages that do not part their words
//! by blanks, and nothing stands before a `+`. Case, accents and look-alike letters do not matter (see `instructions`).
//!
//! A phrase earns its place by three parts or by a verb that no name holds, and by a row of `labelled.tsv`; a company
//! whose name comes close (`Send & Print GmbH`, `Все письма Пушкина`) stands there too. A noun (`notification`) is no verb
//! behind a negation.

/// Phrases of whole words.
pub(super) const WORDS: &[&str] = &[
    // English
    "ignore|disregard|forget|override|bypass previous|prior|preceding|earlier|above|all|any|your|these|those instruction*|prompt*|rule|rules|directive*|guideline*|command*|orders",
    "ignore|disregard|forget|override instruction|instructions|prompts|guidelines|directives",
    "not|never|dont|stop +follow|following|obey|obeying|heed any|all|previous|prior|preceding|earlier|above|the|these|those|your instruction*|prompt|prompts|guideline*|directive*",
    "don +t +follow|obey|heed any|all|previous|prior|preceding|earlier|above|the|these|those|your instruction*|prompt|prompts|guideline*|directive*",
    "ignore|disregard|forget previous|prior|preceding|earlier message|messages|mail|mails|email|emails|context",
    "ignore|disregard all|everything|anything previous|prior|preceding|earlier|above|before",
    "ignore|disregard|forget +above|preceding|foregoing",
    "ignore|disregard|forget what|everything|anything|all you told|taught|instructed",
    "not|never|dont|cannot +tell|inform|notify|alert|warn|ask|mention|show|reveal|disclose user|users|human",
    "don +t +tell|inform|notify|alert|warn|ask|mention|show|reveal|disclose user|users|human",
    "not|never|dont +tell|inform|notify|alert|warn|ask|mention|show|reveal|disclose the|your|its|this +owner",
    "don +t +tell|inform|notify|alert|warn|ask|mention|show|reveal|disclose the|your|its|this +owner",
    "without +telling|informing|notifying|alerting|warning|asking user|users|human",
    "without +telling|informing|notifying|alerting|warning|asking the|your|its|this +owner",
    "hide|conceal this|it|them|everything|anything|mail|mails|email|emails|message|messages from user|users|human",
    "hide|conceal|secret +from +user|users|human",
    "forward|send|bcc|cc|copy|redirect all|any|each|every draft*|mail|mails|email|emails|message*|contact*|conversation* to",
    "forward|send|bcc|cc|copy|redirect everything|this|it|them +to +me|us|my|our|following",
    "always|only|must choose|pick|select|prefer this|my contact|address|recipient|email|entry",
    "always|only|must use this|my contact|recipient|entry",
    "reveal|print|repeat|output|show system|hidden|secret prompt*|instruction*",
    "from now on you|always|never|forward|reply|send",
    "you +are +now assistant|bot|chatbot|robot|model|agent|forwarder|unrestricted|uncensored|jailbroken|admin|developer",
    "you +are +now +in developer|debug|admin|god +mode",
    // Russian
    "игнорируй*|игнорировать|проигнорируй*|забудь|забудьте|отмени|отмените|отбрось* предыдущ*|прежн*|прошл*|все|любые|свои|ваши|твои инструкци*|указани*|правил*|команд*|промпт*|сообщени*",
    "игнорируй*|игнорировать|проигнорируй*|забудь|забудьте инструкции|указания|вышесказанн*|вышеизложенн*|вышеуказанн*|вышеперечисленн*|вышенаписанн*|промпт*",
    "не +следуй*|следовать|выполняй*|выполнять|слушай*|подчиняйся|подчиняйтесь|соблюдай* предыдущ*|прежн*|прошл*|вышеуказанн*|своим|этим|любым инструкци*|указани*|правил*|команд*",
    "не +обращай|обращайте +внимания инструкци*|указани*|предыдущ*|вышесказанн*|вышеизложенн*",
    "игнорируй*|игнорировать|проигнорируй*|забудь|забудьте все предыдущ*|прежн*|выше|вышеизложенн*|ранее|раньше",
    "не +сообщай*|сообщать|говори*|рассказывай*|рассказывать|показывай*|показывать|упоминай*|упоминать|спрашивай*|спрашивать|уведомляй*|уведомлять|предупреждай*|предупреждать|информируй*|информировать пользовател*|владельц*",
    "без +уведомления|ведома|согласия|спроса пользовател*|владельц*",
    "перешли*|пересылай*|отправь*|отправляй*|направь*|направляй*|скопируй*|копируй* все|всю|каждое|каждый|любое|любые письм*|черновик*|сообщени*|почт*|контакт*|переписк* на|по|к",
    "покажи*|раскрой*|выведи*|повтори* системн*|скрыт*|секретн* промпт*|инструкци*|подсказк*",
    "ты|вы теперь ассистент*|помощник*|бот|модель",
    "всегда|только выбирай*|выбери* этот|эту|этого|мой адрес*|контакт*|почт*|получател*",
    "всегда|только используй* этот|этого|мой контакт*|получател*",
    // Ukrainian
    "ігноруй*|ігнорувати|проігноруй*|забудь*|скасуй*|відкинь* попередн*|усі|всі|будь|свої|ваші|твої інструкці*|вказівк*|правил*|команд*|наказ*|промпт*|повідомлен*",
    "ігноруй*|ігнорувати|проігноруй*|забудь* інструкці*|вказівки|вищесказан*|вищевикладен*|вищезазначен*|промпт*",
    "не +виконуй*|виконувати|слідуй*|дотримуй*|слухай* попередн*|вищезазначен*|своїх|цих|будь інструкці*|вказів*|правил*|команд*",
    "не +звертай|звертайте|зважай|зважайте +уваги|на попередн*|інструкці*|вказівки",
    "не +повідомляй*|повідомляти|кажи|кажіть|говори*|розповідай*|розповідати|показуй*|показувати|згадуй*|згадувати|попереджай*|попереджати|питай*|питати|сповіщай*|сповіщати|інформуй* користувач*|власник*",
    "без +повідомлення|відома|згоди користувач*|власник*",
    "перешли*|перешліть|пересилай*|надішли*|надішліть|надсилай*|відправ|відправте|відправляй*|скопіюй* усі|всі|кожн*|будь лист*|чернетк*|повідомлен*|контакт*|пошт* на|до",
    "ти|ви тепер асистент*|помічник*|бот|модель",
    "ігноруй*|проігноруй*|забудь* все|усе попередн*|вище|раніше",
    // Polish
    "ignoruj|ignorujcie|ignorować|zignoruj|zignorujcie|zapomnij|zapomnijcie|pomiń|pomijaj|odrzuć wszystki*|wszelki*|poprzedni*|wcześniejsz*|powyższ*|swoje|swoich|twoje instrukcj*|polece*|zasad*|reguł*|rozkaz*|wytyczn*|komend*|wiadomo*",
    "ignoruj|ignorujcie|ignorować|zignoruj|zignorujcie|zapomnij|zapomnijcie instrukcj*|polecenia|poleceniach|powyższe|powyższych|wytyczne",
    "nie +wykonuj|wykonujcie|przestrzegaj|stosuj|słuchaj|postępuj poprzedni*|wcześniejsz*|powyższ*|tych|swoich instrukcj*|polece*|zasad|wytyczn*",
    "nie +zwracaj|zwracajcie +uwagi poprzedni*|wcześniejsz*|powyższ*|instrukcj*",
    "nie +mów|mówić|powiedz|informuj|informować|powiadamiaj|zawiadamiaj|pokazuj|ujawniaj|wspominaj|pytaj użytkownik*|właściciel*",
    "bez +mówienia|informowania|powiadamiania|pytania|wiedzy|zgody użytkownik*|właściciel*",
    "prześlij|przesyłaj|przekaż|przekazuj|przekieruj|wyślij|wysyłaj|skopiuj wszystki*|każd*|wszelki* wiadomo*|mail*|email*|list|listy|szkic*|kontakt*|korespondencj* na|do",
    "jesteś teraz asystent*|bot*|pomocnik*|model*",
    "zignoruj|zignorujcie|ignoruj|ignorujcie|zapomnij|zapomnijcie wszystk* wcześniej*|poprzedni*|powyżej|przedtem",
    "teraz jesteś asystent*|bot*|pomocnik*|model*",
    // German
    "ignorier*|missachte*|vergiss|vergesst|vergessen|verwirf|verwerfen|überschreib* alle*|vorherig*|vorig*|bisherig*|vorangegangen*|vorangehend*|obig*|früher*|deine*|ihre*|sämtlich* anweisung*|instruktion*|anordnung*|befehl*|regel|regeln|vorgabe*|prompt*|nachricht*",
    "alle*|vorherig*|vorig*|bisherig*|obig*|sämtlich* anweisung*|instruktion*|befehl*|regeln|vorgabe* ignorier*|missacht*|vergessen|verwerfen",
    "ignorier*|missachte*|vergiss|vergesst anweisung*|instruktion*|befehle|vorgaben|obige|obigen|obiges",
    "befolge|befolgen|befolgt|beachte|beachten|folge|folgen|folgt keine|keinen|vorherig*|vorig*|bisherig*|obig*|früher* anweisung*|instruktion*|befehl*|regeln",
    "sag|sage|sagen|erzähl|erzähle|verrat|verrate|melde|teile|informier|informiere|benachrichtige|zeig|zeige benutzer|benutzern|benutzers|nutzer|nutzern|nutzers|anwender|anwendern|user|usern +nicht|nichts",
    "ohne +benutzer|benutzern|benutzers|nutzer|nutzern|nutzers|anwender|anwendern|user|usern sagen|informieren|verraten|mitteilen|mitzuteilen|benachrichtigen|zeigen|fragen|erzählen",
    "benutzer|benutzern|benutzers|nutzer|nutzern|nutzers|anwender|anwendern|user|usern +nicht|nichts +sagen|informieren|verraten|mitteilen|mitzuteilen|benachrichtigen|zeigen|fragen|erzählen",
    "nicht|nichts +benutzer|benutzern|benutzers|nutzer|nutzern|nutzers|anwender|anwendern|user|usern sagen|informieren|verraten|mitteilen|mitzuteilen|benachrichtigen|erzählen",
    "ohne +wissen|kenntnis|zustimmung +benutzer|benutzern|benutzers|nutzer|nutzern|nutzers|anwender|anwendern|user|usern",
    "sende|senden|schick*|leite|leiten|weiterleite*|kopier* alle*|jede*|sämtlich* mail*|email*|nachricht*|entwurf|entwürfe|brief*|kontakt*|anfrage* an|weiter",
    "du|sie +bist|sind +jetzt|nun|ab assistent*|bot|chatbot|roboter|ki|sprachmodell|agent|helfer",
    "ignorier*|vergiss|vergesst|vergessen alles bisherig*|vorherig*|obig*|zuvor|davor|oben",
    // French
    "ignore|ignorez|ignorer|oublie|oubliez|oublier|néglige|négligez|outrepasse* tout*|ces|les|vos|tes|précédent* instruction*|consigne*|directive*|règle*|ordre*|commande*|message*",
    "ignore|ignorez|ignorer|oublie|oubliez|oublier instruction*|consigne*|directives",
    "ignore|ignorez|oublie|oubliez +qui|que précède|dessus|dit|avant",
    "ne|n +suis|suivez|suivre|respecte|respectez|tiens|tenez|pas|obéis|obéissez instruction*|consigne*|directives",
    "ne|n +dis|dites|préviens|prévenez|informe|informez|avertis|avertissez|montre*|signale*|parle* +pas|rien|jamais utilisateur*|propriétaire*",
    "ne|n +pas|rien|jamais +dire|prévenir|informer|avertir|notifier|montrer|demander utilisateur*|propriétaire*",
    "sans|jamais +dire|prévenir|informer|avertir|notifier|demander utilisateur*|propriétaire*",
    "envoie|envoyez|envoyer|transfère|transférez|transférer|transmets|transmettez|redirige*|fais|faites tous|toutes|tout|chaque message*|mail*|courriel*|courrier*|email*|brouillon*|contact*|lettre* à|au|vers",
    "tu|vous +es|êtes +maintenant|désormais assistant*|robot|bot|modèle|ia|agent",
    "ignore|ignorez|oublie|oubliez tout précède|précédent*|avant|dessus",
    // Spanish
    "ignora|ignore|ignorad|ignoren|ignorar|olvida|olvide|olvidad|olvidar|descarta|descarte|desestima|omite|omita tod*|las|los|tus|sus|cualquier*|previ*|anterior* instruccion*|orden|ordenes|regla*|indicacion*|directriz|directrices|comando*|mensaje*",
    "ignora|ignore|ignorad|ignoren|ignorar|olvida|olvide|olvidad instruccion*|indicaciones|directrices",
    "ignora|ignore|ignorad|olvida|olvide|olvidad +anterior|previo",
    "ignora|ignore|ignorad|olvida|olvide|olvidad +que antes|arriba|dijeron|dicho|dijo",
    "no|nunca +sigas|siga|sigan|seguir|obedezcas|obedezca|cumplas instruccion*|indicaciones|órdenes|directrices",
    "no|nunca +hagas|haga|hagan +caso instruccion*|indicaciones|órdenes|anterior*",
    "no|nunca +digas|diga|decir|decirle|avises|avise|avisar|informes|informe|informar|notifiques|notifique|notificar|cuentes|cuente|muestres|menciones|preguntar usuario*|propietario*|dueño*",
    "sin +decir|decirle|decírselo|avisar|informar|notificar|preguntar|consultar usuario*|propietario*|dueño*",
    "envía|envíe|enviar|reenvía|reenvíe|reenviar|manda|mande|mandar|redirige|redirija tod*|cada|cualquier correo*|mensaje*|email*|mail*|borrador*|contacto*|carta* a|al|hacia",
    "ahora +eres asistente|robot|bot|modelo|ia|agente",
    "ignora|ignore|ignorad|olvida|olvide|olvidad tod* anterior*|previo|antes|arriba",
    "eres +ahora asistente|robot|bot|modelo|ia|agente",
    // Portuguese
    "ignore|ignora|ignorem|ignorar|esqueça|esquece|esquecer|desconsidere|desconsiderar|descarte tod*|as|os|suas|tuas|qualquer|anterior* instruç*|regra*|ordem|ordens|orientaç*|diretriz*|comando*|mensage*",
    "ignore|ignora|ignorem|ignorar|esqueça|esquece|desconsidere instruç*|orientações|diretrizes",
    "ignore|ignora|esqueça|esquece|desconsidere +acima|anterior",
    "ignore|ignora|esqueça|esquece|desconsidere +que acima|antes|anteriormente|dito",
    "não|nunca +siga|sigas|sigam|seguir|obedeça|cumpra instruç*|orientações|diretrizes|ordens",
    "não|nunca +diga|digas|dizer|conte|contes|contar|avise|avises|avisar|informe|informes|informar|notifique|notificar|mostre|mencione|pergunte usuário*|utilizador*|proprietário*",
    "sem +dizer|contar|avisar|informar|notificar|perguntar usuário*|utilizador*|proprietário*",
    "envie|enviar|envia|encaminhe|encaminha|encaminhar|reencaminhe|mande|mandar|redirecione tod*|cada|qualquer email*|mail*|mensage*|rascunho*|contato*|contacto*|carta*|correio* para|a|ao",
    "você|tu +agora +é|és assistente|robô|modelo|bot|agente",
    "ignore|ignora|esqueça|esquece|desconsidere tud* anterior*|antes|acima",
    // Italian
    "ignora|ignorate|ignori|ignorare|dimentica|dimenticate|dimenticare|trascura|tralascia tutt*|le|gli|i|tue|ogni|precedent* istruzion*|regol*|ordini|indicazion*|direttiv*|comand*|messagg*",
    "ignora|ignorate|ignori|ignorare|dimentica|dimenticate istruzion*|direttive|indicazioni",
    "ignora|ignorate|dimentica|dimenticate +quanto|quello|ciò sopra|precede|detto|prima|precedente",
    "non +seguire|segua|seguite|rispettare|obbedire istruzion*|indicazioni|direttive|ordini",
    "non|mai +dire|dirlo|dica|dite|informare|informi|informate|avvisare|avvertire|mostrare|notificare|chiedere|rivelare utente|utenti|proprietario",
    "senza +dire|dirlo|informare|avvisare|avvertire|notificare|chiedere utente|utenti|proprietario",
    "invia|inviate|inviare|inoltra|inoltrate|inoltrare|manda|mandate|mandare|spedisci tutt*|ogni|qualsiasi messagg*|email*|mail*|posta|bozz*|contatt*|letter* a|al|all|verso",
    "ora|adesso +sei assistente|robot|modello|bot|agente",
    "ignora|ignorate|dimentica|dimenticate tutt* precedent*|prima|sopra",
    "sei +ora|adesso assistente|robot|modello|bot|agente",
    // Turkish
    "önceki|tüm|bütün|yukarıdaki talimat*|yönerge*|komut*|kural*|emirler* yok|yoksay*|görmezden|uyma|uymayın|unut|unutun|dikkate|boşver*",
    "unut|unutun|görmezden|boşver* önceki|tüm|bütün|yukarıdaki talimat*|yönerge*|komut*|kural*",
    "talimatları|yönergeleri|komutları|yukarıdakileri|söylenenleri +yok|yoksay*|görmezden|unut|unutun|dikkate",
    "kullanıcıya|kullanıcıyı|kullanıcılara|kullanıcıdan|kullanıcının söyleme|söylemeyin|söylemeyiniz|söylemeden|bildirmeden|bildirmeyin|anlatmadan|anlatmayın|göstermeden|göstermeyin|bahsetmeden|bahsetmeyin|sormadan|haberi",
    "kullanıcıya|kullanıcılara|kullanıcıdan +bildirme|anlatma|gösterme|bahsetme +$",
    "kullanıcıya|kullanıcıyı haber|bilgi vermeden|vermeyin|vermeyiniz",
    "kullanıcıya|kullanıcıyı haber|bilgi +verme +$",
    "tüm|bütün|her mail*|posta*|mesaj*|ileti|iletiler*|taslak*|kişiler* bana|bize|adresime|adresine|adrese|buraya +gönder|gönderin|ilet|iletin|yönlendir|yönlendirin|aktar|aktarın",
    "tüm|bütün mailleri|postaları|mesajları|iletileri|taslakları|kişileri +gönder|gönderin|ilet|iletin|yönlendir|yönlendirin|aktar|aktarın",
    "sen artık|şimdi asistan*|yardımcı*|bot*|model*",
    // Arabic
    "تجاهل*|انس|انسى كل|جميع|كافة|أي تعليمات*|التعليمات|أوامر*|الأوامر|التوجيهات|القواعد|الرسائل",
    "تجاهل*|انس|انسى +ما +سبق|تقدم|قيل|ذكر|ورد",
    "تجاهل* +التعليمات|الأوامر|التوجيهات",
    "لا +تتبع|تلتزم|تطع|تنفذ التعليمات|الأوامر|التوجيهات|تعليمات|أوامر",
    "تجاهل*|انس|انسى التعليمات|الأوامر|التوجيهات|القواعد|الرسائل السابق*|أعلاه|المذكورة|الماضية",
    "لا +تخبر*|تعلم|تبلغ*|تقل|تسأل المستخدم*|للمستخدم*|المالك",
    "دون|بدون +إخبار|إعلام|إبلاغ|علم|سؤال المستخدم*|المالك",
    "أرسل*|حول|حولي|مرر|وجه|أعد كل|جميع|كافة الرسائل|رسائل|البريد|المسودات|جهات إلى|الى",
    "أنت الآن مساعد*|روبوت*|نموذج*",
    // Dutch
    "negeer|negeert|vergeet alle|vorige|eerdere|voorgaande|bovenstaande|deze|instructies instructie*|opdracht*|regels|aanwijzingen",
    "negeer|negeert|vergeet +bovenstaande|instructies|aanwijzingen",
    "vertel|zeg|meld +niet|niets|niks gebruiker|gebruikers|eigenaar",
    "vertel|informeer|waarschuw|zeg +gebruiker|gebruikers +niet|niets|niks",
    // Czech
    "ignoruj|ignorujte|zapomeň|zapomeňte všechny|všechna|předchozí|dřívější|výše|tyto|své instrukc*|pokyn*|příkaz*|pravidla",
    "neříkej|neříkejte|neinformuj|neinformujte|neupozorňuj|neupozorňujte|nesděluj uživateli|uživatele|uživatelům",
    // Romanian
    "ignoră|ignorați|uită|uitați instrucțiuni*|instrucțiunile|indicațiile|comenzile",
    "nu +spune|spuneți|informa|informați|anunța|anunțați|avertiza utilizator*|proprietar*",
    // Hungarian
    "figyelmen|felejtsd|felejtse +kívül|el utasítás*|parancs*",
    "utasítás*|parancs* hagyd|hagyja|felejtsd|felejtse figyelmen|el",
    "ne +mondd|mondja|szólj|szóljon|értesítsd|értesítse|tájékoztasd felhasználó*",
    // Vietnamese
    "bỏ +qua hướng|chỉ +dẫn|thị|lệnh",
    "đừng|không +nói|báo|kể người +dùng",
    // Indonesian
    "abaikan|lupakan instruksi|perintah|petunjuk|arahan",
    "jangan +beritahu|beri|katakan|informasikan|kabari|bilang pengguna",
    // Kazakh
    "барлық|алдыңғы|бұрынғы|жоғарыдағы нұсқау*|командалар* елеме*|ұмыт*|назарға|орындама*",
    "пайдаланушыға|пайдаланушыны айтпа|айтпаңыз|айтпай|хабарламаңыз|білдірме",
    // Greek, whose capitals look like other letters than its small ones
    "αγνόησε|αγνοήστε|αγνοείστε|ξέχασε|ξεχάστε|ΑΓΝΟΗΣΕ|ΑΓΝΟΗΣΤΕ|ΞΕΧΑΣΕ οδηγίες|εντολές|ΟΔΗΓΙΕΣ|ΕΝΤΟΛΕΣ",
    // Hindi, where a virama parts a word in two
    "निर +देश|देशों|देशो अनदेखा|नजरअंदाज|भूल",
    "उपयोगकर +ता|ताओं मत|न|नहीं +बता|बताना|बताएं|बताएँ|बताओ|बताइए|कहना|कहें",
];

/// Phrases of pieces of words.
pub(super) const PIECES: &[&str] = &[
    // Chinese
    "不要遵循|不要遵守|不要听从|不要聽從|不要执行|不要執行|忽略|无视|無視|忘记|忘記|不要理会|不要理會|跳过|跳過 之前|以前|先前|前面|以上|上述|上面|所有|全部|一切|你的 指令|指示|提示|命令|说明|說明|规则|規則|要求|消息|訊息|内容|內容",
    "忽略|无视|無視|忘记|忘記|不要遵循|不要遵守|不要听从|不要聽從 +指令|指示|命令|系统提示|系統提示|这些指令|這些指令|上文|前文|上述",
    "不要|不得|不必|无需|别|別|请勿|請勿|切勿|禁止|勿 +告诉|告訴|通知|告知|提醒|询问|詢問 用户|用戶|使用者|主人|机主|機主",
    "不要|不得|不必|无需|别|別|请勿|請勿|切勿|禁止|勿 告诉|告訴 +用户|用戶|使用者|主人|机主|機主",
    "不要|不得|不必|无需|别|別|请勿|請勿|切勿|禁止|勿 +让|讓|向|对|對 +用户|用戶|使用者|主人|机主|機主 知道|知情|发现|發現|透露|提及",
    "转发|轉發|发送|發送|发给|發給|抄送|寄送|转寄|轉寄 所有|全部|每 邮件|郵件|信件|草稿|消息|訊息|联系人|聯絡人",
    "将|把 所有|全部|每 邮件|郵件|信件|草稿|消息|訊息|联系人|聯絡人 转发|轉發|发送|發送|发给|發給|抄送|寄给|寄給|转寄|轉寄",
    "你现在是|你現在是|从现在开始你|從現在開始你|从现在起你|從現在起你",
    "系统|系統|助手|助理 +: 忽略|无视|無視|转发给|轉發給|发送给|發送給|不要告诉|不要告訴",
    "系统|系統|助手|助理 +: 必须|必須|总是|總是|务必|務必|始终|始終|一律 转发|轉發|发送|發送|抄送|删除|刪除|选择|選擇",
    // Japanese
    "以前|前の|上記|上の|これまで|今まで|すべて|全て|全|先の 指示|命令|指令|プロンプト|ルール|内容 無視し|無視せ|無視す|忘れて|忘れろ|忘れなさい|従わない|破棄し|破棄せ",
    "指示|命令|指令|プロンプト|ルール +を|は|には 無視し|無視せ|無視す|忘れて|忘れろ|忘れなさい|従わない|従うな|破棄し|破棄せ",
    "ユーザー|ユーザ|利用者|使用者|所有者 言わない|言うな|言わず|伝えない|伝えるな|伝えず|知らせない|知らせるな|知らせず|教えない|教えるな|通知しない|通知するな|通知せず|話さない|聞かない|確認しない|確認せず|黙って|内緒|秘密",
    "すべて|全て|全部|全|各 メール|メッセージ|下書き|連絡先 転送して|転送せよ|転送しろ|送信して|送信せよ|送信しろ|送って|送れ",
    "あなたは今|あなたはこれから|今からあなたは",
    "システム|アシスタント +: 無視し|無視せ|転送し|転送せ|送信して|送信せ",
    "システム|アシスタント +: 必ず|常に|決して 転送|送信|無視|選択",
    // Korean
    "이전|앞|위|모든|기존|지금까지 지시|명령|지침|프롬프트|규칙|메시지|내용 무시|잊어|잊으|따르지",
    "지시를|지시는|명령을|지침을|프롬프트를|규칙을 무시하|무시해|잊어|잊으|따르지",
    "사용자|유저|이용자|주인 알리지|말하지|알려주지|전하지|묻지|보여주지",
    "모든|전체|각 메일|메시지|초안|연락처 전달해|전달하|보내라|보내줘|보내세요|보내십시오|전송해|전송하",
    "당신은|너는|넌 이제 비서|봇|모델|어시스턴트|도우미",
];

/// A name that opens with one of these and a colon speaks as a conversation does, if an order follows; "System: backup
/// report" is an ordinary sender.
pub(super) const ROLES: &str = "system sistema système sistem assistant assistent asistente assistente asystent asistan \
    developer система ассистент асистент помічник النظام";

/// What follows a role in an order, and not in the name of an automatic sender (`System: do not reply`).
pub(super) const ORDERS: &[&str] = &[
    "bcc|comply|execute|forward|ignore|obey|reveal|disregard",
    "send|delete +the|all|every|this|it|them|me|my|your|any",
    "always|never|must|should|you +send|delete|choose|pick|select|use|copy|cc|tell|mention|add|include|follow|obey",
    "always|must +reply|answer|respond",
    "выполни|игнорируй|отправь|перешли|удали",
    "всегда|никогда|обязан +отправляй|пересылай|отправить|переслать|используй|выбирай|отвечай|сообщай",
    "виконай|ігноруй|відправ|надішли|перешли|видали",
    "завжди|ніколи|мусиш +надсилай|пересилай|надіслати|переслати|використовуй|вибирай|відповідай|повідомляй",
    "prześlij|przekaż|wyślij|usuń|zignoruj|ignoruj",
    "zawsze|nigdy|musisz +wysyłaj|wysłać|przesyłaj|przesłać|wybieraj|wybrać|używaj|odpowiadaj",
    "sende|leite|weiterleiten|ignoriere|lösche",
    "immer|niemals|musst +senden|weiterleiten|wählen|antworten|verwenden|löschen",
    "envoie|envoyez|transfère|transférez|ignorez|supprime",
    "toujours|jamais|dois|devez +envoyer|transférer|choisir|répondre|utiliser|ignorer",
    "envía|envíe|reenvía|reenvíe|ignora|elimina",
    "siempre|nunca|debes|debe +enviar|reenviar|elegir|responder|usar|ignorar",
    "envie|encaminhe|apague|ignore",
    "sempre|deve +enviar|encaminhar|escolher|responder|usar|ignorar",
    "invia|inoltra|ignora",
    "sempre|devi +inviare|inoltrare|scegliere|rispondere|usare|ignorare",
    "gönder|ilet|yönlendir|sil|yoksay",
    "أرسل|تجاهل|احذف",
];

/// Small words between a negation and its verb, or a verb and its preposition.
pub(super) const FILLERS: &str = "t ever even also please be to the a an any anyone anything this it that \
    надо нужно следует стоит это этого об о ничего никогда ему им треба потрібно варто слід про це цього нічого ніколи \
    nic tym o mu im \
    den dem der die das des dies davon darüber es ihm ihnen \
    le la les lui leur en y l se lo me ce te os el \
    o os as lhe lhes isso nada lo gli le ne glielo niente nulla mai \
    het dit dat hierover îi i să το τον ΤΟ el nekem ezt";
