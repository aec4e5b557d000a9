//! Phrases that speak to a model and occur in no name. Pure data, in the languages of Bitrix24's customers.
//!
//! A phrase is a row. Its parts, between blanks, occur in this order; `|` stands between alternatives, and `*` for any
//! ending. A phrase of [`WORDS`] has other words between its parts, but few; one of [`PIECES`] is of a language that does
//! not part its words by blanks. Case, accents and look-alike letters do not matter (see `instructions`).
//!
//! A phrase earns its place by three parts or by a verb that no name holds, and by a row of `labelled.tsv`; a company
//! whose name comes close (`Send & Print GmbH`, `Все письма Пушкина`) stands there too.

/// Phrases of whole words.
pub(super) const WORDS: &[&str] = &[
    // English
    "ignore|disregard|forget|override|bypass previous|prior|preceding|earlier|above|all|any|your|these|those instruction*|prompt*|rule|rules|directive*|guideline*|command*|orders",
    "ignore|disregard|forget previous|prior|preceding|earlier message|messages|mail|mails|email|emails|context",
    "ignore|disregard all|everything|anything previous|prior|preceding|earlier|above|before",
    "not|never|without|don|dont tell|telling|inform|informing|notify|notifying|alert|alerting|warn|warning|ask|asking|mention|show|reveal user|users|human|owner",
    "hide|conceal|secret from user|users|human|owner",
    "forward|send|bcc|cc|copy|redirect all|any|each|every draft*|mail|mails|email|emails|message*|letter*|contact*|conversation* to",
    "forward|send|bcc|cc|copy|redirect everything|this|it|them to",
    "always|only|must use|choose|pick|select|prefer this|my contact|address|recipient|email|entry",
    "reveal|print|repeat|output|show system|hidden|secret prompt*|instruction*",
    "from now on you|always|never|forward|reply|send",
    "you are now a|an|in|the",
    // Russian
    "игнорируй*|игнорировать|проигнорируй*|забудь|забудьте|отмени|отмените|отбрось* предыдущ*|прежн*|прошл*|все|любые|свои|ваши|твои инструкци*|указани*|правил*|команд*|промпт*|сообщени*",
    "игнорируй*|игнорировать|проигнорируй* все предыдущ*|прежн*|выше|вышеизложенн*|ранее",
    "не|без сообщай*|сообщать|говори*|рассказывай*|показывай*|упоминай*|спрашивай*|уведомляй*|предупреждай*|уведомления|ведома|согласия пользовател*|владельц*",
    "перешли*|пересылай*|отправь*|отправляй*|направь*|направляй*|скопируй*|копируй* все|всю|каждое|каждый|любое|любые письм*|черновик*|сообщени*|почт*|контакт*|переписк* на|по|к",
    "покажи*|раскрой*|выведи*|повтори* системн*|скрыт*|секретн* промпт*|инструкци*|подсказк*",
    "ты|вы теперь ассистент*|помощник*|бот|модель",
    // Ukrainian
    "ігноруй*|ігнорувати|проігноруй*|забудь*|скасуй*|відкинь* попередн*|усі|всі|будь|свої|ваші|твої інструкці*|вказівк*|правил*|команд*|наказ*|промпт*|повідомлен*",
    "не|без повідомляй*|повідомлення|кажи|кажіть|говори*|розповідай*|показуй*|згадуй*|попереджай*|питай*|відома|згоди користувач*|власник*",
    "перешли*|перешліть|пересилай*|надішли*|надішліть|надсилай*|відправ|відправте|відправляй*|скопіюй* усі|всі|кожн*|будь лист*|чернетк*|повідомлен*|контакт*|пошт* на|до",
    "ти|ви тепер асистент*|помічник*|бот|модель",
    // Polish
    "ignoruj|ignorujcie|ignorować|zignoruj|zignorujcie|zapomnij|zapomnijcie|pomiń|pomijaj|odrzuć wszystki*|wszelki*|poprzedni*|wcześniejsz*|powyższ*|swoje|swoich|twoje instrukcj*|polece*|zasad*|reguł*|rozkaz*|wytyczn*|komend*|wiadomo*",
    "nie|bez mów|mówić|mówienia|powiedz|informuj|informować|informowania|powiadamiaj|powiadamiania|zawiadamiaj|pokazuj|ujawniaj|wspominaj|pytaj|pytania|wiedzy|zgody użytkownik*|właściciel*",
    "prześlij|przesyłaj|przekaż|przekazuj|przekieruj|wyślij|wysyłaj|skopiuj wszystki*|każd*|wszelki* wiadomo*|mail*|email*|list|listy|szkic*|kontakt*|korespondencj* na|do",
    "jesteś teraz asystent*|bot*|pomocnik*|model*|moim|moją",
    "teraz jesteś asystent*|bot*|pomocnik*|model*|moim|moją",
    // German
    "ignorier*|missachte*|vergiss|vergesst|vergessen|verwirf|verwerfen|überschreib* alle*|vorherig*|vorig*|bisherig*|vorangegangen*|vorangehend*|obig*|früher*|deine*|ihre*|sämtlich* anweisung*|instruktion*|anordnung*|befehl*|regel|regeln|vorgabe*|prompt*|nachricht*",
    "alle*|vorherig*|vorig*|bisherig*|obig*|sämtlich* anweisung*|instruktion*|befehl*|regeln|vorgabe* ignorier*|missacht*|vergessen|verwerfen",
    "sag|sage|sagen|erzähl*|verrat*|melde*|teile|informier*|benachrichtig*|zeig* benutzer*|nutzer*|anwender*|user nicht|nichts",
    "nicht|nichts|ohne benutzer*|nutzer*|anwender*|user sagen|informieren|verraten|mitteilen|mitzuteilen|benachrichtigen|melden|zeigen|fragen|erzählen",
    "ohne wissen|kenntnis|zustimmung benutzer*|nutzer*|anwender*|users",
    "sende|senden|schick*|leite|leiten|weiterleite*|kopier* alle*|jede*|sämtlich* mail*|email*|nachricht*|entwurf|entwürfe|brief*|kontakt*|anfrage* an|weiter",
    "du|sie bist|sind jetzt|nun|ab ein|eine|mein|meine|der|die",
    // French
    "ignore|ignorez|ignorer|oublie|oubliez|oublier|néglige|négligez|outrepasse* tout*|ces|les|vos|tes|précédent* instruction*|consigne*|directive*|règle*|ordre*|commande*|message*",
    "ne|n dis|dites|préviens|prévenez|informe|informez|avertis|avertissez|montre*|signale*|parle* pas|rien|jamais utilisateur*|propriétaire*",
    "sans|jamais dire|prévenir|informer|avertir|demander utilisateur*|propriétaire*",
    "envoie|envoyez|envoyer|transfère|transférez|transférer|transmets|transmettez|redirige*|fais|faites tous|toutes|tout|chaque message*|mail*|courriel*|courrier*|email*|brouillon*|contact*|lettre* à|au|vers",
    "tu|vous es|êtes maintenant|désormais un|une|mon|le",
    // Spanish
    "ignora|ignore|ignorad|ignoren|ignorar|olvida|olvide|olvidad|olvidar|descarta|descarte|desestima|omite|omita tod*|las|los|tus|sus|cualquier*|previ*|anterior* instruccion*|orden|ordenes|regla*|indicacion*|directriz|directrices|comando*|mensaje*",
    "no|nunca|sin digas|diga|decir|decirle|avises|avise|avisar|informes|informe|informar|notifiques|notifique|notificar|cuentes|cuente|muestres|menciones|preguntar usuario*|propietario*|dueño*",
    "envía|envíe|enviar|reenvía|reenvíe|reenviar|manda|mande|mandar|redirige|redirija tod*|cada|cualquier correo*|mensaje*|email*|mail*|borrador*|contacto*|carta* a|al|hacia",
    "ahora eres un|una|mi|el",
    "eres ahora un|una|mi|el",
    // Portuguese
    "ignore|ignora|ignorem|ignorar|esqueça|esquece|esquecer|desconsidere|desconsiderar|descarte tod*|as|os|suas|tuas|qualquer|anterior* instruç*|regra*|ordem|ordens|orientaç*|diretriz*|comando*|mensage*",
    "não|nunca|sem diga|dizer|conte|contar|avise|avisar|informe|informar|notifique|notificar|mostre|mencione|perguntar usuário*|utilizador*|proprietário*",
    "envie|enviar|envia|encaminhe|encaminha|encaminhar|reencaminhe|mande|mandar|redirecione tod*|cada|qualquer email*|mail*|mensage*|rascunho*|contato*|contacto*|carta*|correio* para|a|ao",
    "você|tu agora|é|és um|uma|meu assistente|robô|modelo|bot",
    // Italian
    "ignora|ignorate|ignori|ignorare|dimentica|dimenticate|dimenticare|trascura|tralascia tutt*|le|gli|i|tue|ogni|precedent* istruzion*|regol*|ordini|indicazion*|direttiv*|comand*|messagg*",
    "non|senza|mai dire|dirlo|dica|informare|informi|avvisare|avvisi|avvertire|mostrare|notificare|chiedere|rivelare utente|utenti|proprietario",
    "invia|inviate|inviare|inoltra|inoltrate|inoltrare|manda|mandate|mandare|spedisci tutt*|ogni|qualsiasi messagg*|email*|mail*|posta|bozz*|contatt*|letter* a|al|all|verso",
    "ora|adesso sei un|una|il|mio assistente|robot|modello|bot",
    "sei ora|adesso un|una|il|mio assistente|robot|modello|bot",
    // Turkish
    "önceki|tüm|bütün|yukarıdaki talimat*|yönerge*|komut*|kural*|emirler* yok|görmezden|unut|unutun|dikkate|boşver*",
    "unut|unutun|görmezden|boşver* önceki|tüm|bütün|yukarıdaki talimat*|yönerge*|komut*|kural*",
    "kullanıcıya|kullanıcıyı|kullanıcılara|kullanıcıdan|kullanıcının söyleme*|söylemeden|bildirme*|anlatma*|gösterme*|bahsetme*|sormadan|haberi",
    "kullanıcıya|kullanıcıyı haber|bilgi verme|vermeden|vermeyin",
    "tüm|bütün|her mail*|posta*|mesaj*|ileti|iletiler*|taslak*|kişiler* gönder|gönderin|ilet|iletin|yönlendir|yönlendirin|aktar|adresine",
    "sen artık|şimdi asistan*|yardımcı*|bot*|model*",
    // Arabic
    "تجاهل*|انس|انسى كل|جميع|كافة|أي تعليمات*|التعليمات|أوامر*|الأوامر|التوجيهات|القواعد|الرسائل",
    "تجاهل*|انس|انسى التعليمات|الأوامر|التوجيهات|القواعد|الرسائل السابق*|أعلاه|المذكورة|الماضية",
    "لا|دون|بدون تخبر*|إخبار|تعلم|إعلام|تبلغ|إبلاغ|تقل|تسأل|علم المستخدم*|للمستخدم|المالك",
    "أرسل*|حول|حولي|مرر|وجه|أعد كل|جميع|كافة الرسائل|رسائل|البريد|المسودات|جهات إلى|الى",
    "أنت الآن مساعد*|روبوت*|نموذج*",
];

/// Phrases of pieces of words.
pub(super) const PIECES: &[&str] = &[
    // Chinese
    "忽略|无视|無視|忘记|忘記|不要理会|不要理會|跳过|跳過 之前|以前|先前|前面|以上|上述|上面|所有|全部|一切|你的 指令|指示|提示|命令|说明|說明|规则|規則|要求|消息|訊息",
    "不要|不得|不必|无需|别|別|请勿|請勿|切勿|禁止 告诉|告訴|通知|告知|提醒|询问|詢問 用户|用戶|使用者|主人|机主|機主",
    "转发|轉發|发送|發送|发给|發給|抄送|寄送|转寄|轉寄 所有|全部|每 邮件|郵件|信件|草稿|消息|訊息|联系人|聯絡人",
    "将|把 所有|全部|每 邮件|郵件|信件|草稿|消息|訊息|联系人|聯絡人 转发|轉發|发送|發送|发给|發給|抄送|寄给|寄給|转寄|轉寄",
    "你现在是|你現在是|从现在开始你|從現在開始你|从现在起你|從現在起你",
    "系统|系統|助手 : 忽略|转发|轉發|发送|發送|必须|必須|不要|总是|總是|请|請|你",
    // Japanese
    "以前|前|上記|これまで|すべて|全て|全|先 指示|命令|指令|プロンプト|ルール 無視|忘れ|従わない|破棄",
    "ユーザー|ユーザ|利用者|使用者|所有者 言わない|言うな|言わず|伝えない|伝えるな|伝えず|知らせない|知らせるな|知らせず|教えない|教えるな|通知しない|通知するな|通知せず|話さない|聞かない|確認しない|確認せず|黙って|内緒|秘密",
    "すべて|全て|全部|全|各 メール|メッセージ|下書き|連絡先 転送して|転送せよ|転送しろ|送信して|送信せよ|送信しろ|送って|送れ",
    "あなたは今|あなたはこれから|今からあなたは",
    "システム|アシスタント : 無視|転送|送信して|必ず|常に|決して",
    // Korean
    "이전|앞|위|모든|기존|지금까지 지시|명령|지침|프롬프트|규칙|메시지 무시|잊어|잊으|따르지",
    "사용자|유저|이용자|주인 알리지|말하지|알려주지|전하지|묻지|보여주지",
    "모든|전체|각 메일|메시지|초안|연락처 전달해|전달하|보내라|보내줘|보내세요|보내십시오|전송해|전송하",
    "당신은|너는|넌 이제 비서|봇|모델|어시스턴트|도우미",
];

/// A name that opens with one of these and a colon speaks as a conversation does, if an order follows; "System: backup
/// report" is an ordinary sender.
pub(super) const ROLES: &str = "system sistema système sistem assistant assistent asistente assistente asystent asistan \
    developer система ассистент асистент помічник النظام";

/// What follows a role in an order, and not in the name of an automatic sender.
pub(super) const ORDERS: &str = "always bcc comply delete execute forward ignore must never obey reply reveal send should you \
    всегда выполни игнорируй никогда обязан отправь перешли удали \
    завжди виконай ігноруй ніколи відправ надішли видали мусиш \
    zawsze nigdy musisz prześlij przekaż wyślij usuń zignoruj ignoruj \
    immer niemals musst sende leite weiterleiten ignoriere lösche antworte \
    toujours jamais dois devez envoie envoyez transfère transférez ignorez supprime réponds \
    siempre nunca debes debe envía envíe reenvía reenvíe ignora elimina responde \
    sempre deve envie encaminhe apague responda \
    devi invia inoltra elimina rispondi \
    daima asla gönder ilet yönlendir sil yoksay \
    دائما أرسل تجاهل احذف";
