"""Names in other scripts than the Latin one, each with the spellings it usually has in passports and papers. Nobody in particular
is called so: given and family names are drawn apart.

Names of even and odd place are told apart: rules were made while looking at the even ones; the odd ones were kept back."""

import random
from dataclasses import dataclass
from typing import Any, Final

PEOPLE: Final = {
    "Thai": (
        "สมหญิง:Somying สมชาย:Somchai มาลี:Malee,Mali กัญญา:Kanya พรชัย:Pornchai,Phonchai สุภาพร:Supaporn,Suphaphon "
        "วิชัย:Wichai,Vichai ณัฐยา:Nattaya,Natthaya รัตนา:Ratana,Rattana พิมพ์ชนก:Pimchanok สุนิสา:Sunisa "
        "ธงชัย:Thongchai "
        "จันทิรา:Chanthira,Jantira ดวงใจ:Duangjai อรทัย:Orathai กรรณิการ์:Kannika ศิริพร:Siriporn,Siriphon "
        "นภา:Napa,Napha "
        "วิมล:Wimon,Wimol ประเสริฐ:Prasert,Prasoet อำนาจ:Amnat,Amnaj ปรีชา:Preecha,Pricha กมล:Kamon,Kamol "
        "บุญมี:Bunmee,Boonmee "
        "เดือน:Duean,Duan แก้ว:Kaew,Kaeo ลัดดา:Ladda นงนุช:Nongnuch,Nongnut สุรชัย:Surachai ชลธิชา:Chonthicha",
        "สุวรรณ:Suwan วัฒนา:Wattana,Watthana พรหมา:Phromma,Promma ไชยสิทธิ์:Chaiyasit,Chaisit ทองดี:Thongdee,Tongdee "
        "แสงทอง:Saengthong,Sangthong วงษา:Wongsa ศรีสุข:Srisuk ใจดี:Jaidee,Chaidi มณีวรรณ:Maneewan,Maniwan "
        "บัวแก้ว:Buakaew,Buakaeo "
        "รัตนกร:Rattanakorn,Rattanakon พานิช:Panich,Phanit บุญเรือง:Boonruang,Bunrueang คำแพง:Khampaeng "
        "ศรีทอง:Srithong "
        "จันทร์แก้ว:Chankaew,Jankaew มงคล:Mongkol,Mongkhon อินทร์แก้ว:Inkaew สุขใจ:Sukjai,Sukchai "
        "แก้วมณี:Kaewmanee ทองคำ:Thongkham "
        "สายทอง:Saithong นาคำ:Nakham",
    ),
    "Arabic": (
        "محمد:Mohammed,Muhammad,Mohamed فاطمة:Fatima,Fatimah خالد:Khaled,Khalid زينب:Zainab,Zeinab "
        "عبدالرحمن:Abdulrahman,Abdelrahman "
        "يوسف:Yousef,Yusuf عائشة:Aisha سليم:Saleem,Salim نور:Noor,Nour حسين:Hussein,Husain ليلى:Layla,Leila "
        "مصطفى:Mustafa,Mostafa "
        "ياسمين:Yasmin,Yasmeen إبراهيم:Ibrahim مريم:Maryam,Mariam طارق:Tariq,Tareq أحمد:Ahmed,Ahmad عمر:Omar "
        "سعيد:Said,Saeed "
        "هدى:Huda,Hoda عثمان:Othman,Osman جميلة:Jamila كريمة:Karima,Kareema رضا:Reda,Rida سارة:Sara,Sarah "
        "منى:Mona,Muna "
        "عبد_الله:Abdullah,Abdallah بشرى:Bushra وليد:Walid,Waleed إسماعيل:Ismail,Ismael",
        "الحسن:Al-Hassan,Hassan الجبوري:Al-Jabouri,Jaburi خليل:Khalil حداد:Haddad التكريتي:Al-Tikriti "
        "رشيد:Rashid الدليمي:Al-Dulaimi "
        "منصور:Mansour,Mansur حمودي:Hamoudi صالح:Saleh,Salih العبيدي:Al-Obeidi,Al-Ubaidi كريم:Karim,Kareem "
        "البياتي:Al-Bayati "
        "جعفر:Jaafar,Jafar درويش:Darwish قاسم:Qasim,Kassem المصري:Al-Masri,Masri شريف:Sharif,Cherif "
        "ناصر:Nasser,Nasir حمدان:Hamdan "
        "عوض:Awad بدوي:Badawi فوزي:Fawzi,Fauzi داود:Dawood,Daoud",
    ),
    "Persian": (
        "شیرین:Shirin پروانه:Parvaneh,Parvana ژاله:Zhaleh,Jaleh گلناز:Golnaz,Gulnaz یاسمین:Yasamin,Yasmin "
        "مریم:Maryam کامران:Kamran "
        "رضا:Reza,Rezah علی‌رضا:Alireza مهدی:Mehdi,Mahdi فریبا:Fariba نسرین:Nasrin کوثر:Kowsar,Kosar زهرا:Zahra "
        "آرزو:Arezoo,Arezou "
        "جواد:Javad,Jawad حمید:Hamid پریسا:Parisa لیلا:Leila,Leyla بهرام:Bahram ذبیح:Zabih "
        "نیلوفر:Niloofar,Niloufar چنگیز:Changiz "
        "فرشته:Fereshteh,Freshta غلام:Gholam,Ghulam سمیه:Somayeh,Sumaya معصومه:Masoumeh,Masuma ثریا:Soraya "
        "ضیا:Zia,Ziya ظریفه:Zarifa",
        "کریمی:Karimi احمدی:Ahmadi حسینی:Hosseini,Hussaini رضایی:Rezaei,Rezai موسوی:Mousavi,Mosavi "
        "محمدی:Mohammadi صادقی:Sadeghi,Sadeqi "
        "جعفری:Jafari رحیمی:Rahimi نوری:Noori,Nouri یزدانی:Yazdani پناهی:Panahi گلستانی:Golestani "
        "قاسمی:Ghasemi,Qasemi "
        "شریفی:Sharifi هاشمی:Hashemi,Hashimi مرادی:Moradi اکبری:Akbari زمانی:Zamani تهرانی:Tehrani "
        "حیدری:Heydari,Haidari "
        "یوسفی:Yousefi,Yusufi کاظمی:Kazemi,Kazimi وحیدی:Vahidi,Wahidi",
    ),
    "Ukrainian": (
        "Оксана:Oksana,Oxana Юлія:Yuliia,Yulia,Julia Сергій:Serhii,Serhiy,Sergiy Ольга:Olha,Olga Микола:Mykola "
        "Ірина:Iryna,Irina "
        "Василь:Vasyl Галина:Halyna,Galyna Жанна:Zhanna Богдан:Bohdan,Bogdan Людмила:Liudmyla,Lyudmila "
        "Євген:Yevhen,Evgen "
        "Андрій:Andrii,Andriy Соломія:Solomiia,Solomiya Катерина:Kateryna,Katerina Олександра:Oleksandra "
        "Христина:Khrystyna,Kristina "
        "Михайло:Mykhailo,Mihailo Зоя:Zoia,Zoya Любов:Liubov,Lyubov Ярослава:Yaroslava,Iaroslava "
        "Наталія:Nataliia,Natalia "
        "Тетяна:Tetiana,Tetyana В'ячеслав:Viacheslav,Vyacheslav Надія:Nadiia,Nadia Олеся:Olesia,Olesya "
        "Дмитро:Dmytro Яна:Yana,Iana "
        "Володимир:Volodymyr,Volodimir Ганна:Hanna,Ganna",
        "Шевченко:Shevchenko Коваленко:Kovalenko Бондарчук:Bondarchuk Ткаченко:Tkachenko Кравець:Kravets "
        "Гриценко:Hrytsenko,Gritsenko "
        "Мельничук:Melnychuk Остапенко:Ostapenko Яремчук:Yaremchuk Лисенко:Lysenko Жадан:Zhadan "
        "Довженко:Dovzhenko Хмара:Khmara "
        "Поліщук:Polishchuk,Polischuk Винник:Vynnyk Шульга:Shulha,Shulga Щербак:Shcherbak,Scherbak "
        "Юрченко:Yurchenko Гайдук:Haiduk,Gaiduk "
        "Ґалаґан:Galagan Цимбал:Tsymbal Їжак:Yizhak,Izhak Чорновіл:Chornovil Зінчук:Zinchuk",
    ),
    "Russian": (
        "Анастасия:Anastasia,Anastasiya Дарья:Daria,Darya Екатерина:Ekaterina,Yekaterina Мария:Maria,Mariya "
        "Татьяна:Tatiana,Tatyana "
        "Юлия:Yulia,Iuliia,Julia Елена:Elena,Yelena Сергей:Sergey,Sergei Алексей:Aleksei,Alexey "
        "Дмитрий:Dmitry,Dmitrii Фёдор:Fedor,Fyodor "
        "Артём:Artem,Artyom Людмила:Lyudmila,Liudmila Евгений:Evgeny,Yevgeniy Ксения:Ksenia,Kseniya "
        "Галина:Galina Вячеслав:Vyacheslav "
        "Наталья:Natalia,Natalya Зинаида:Zinaida Любовь:Lyubov,Liubov Яна:Yana,Iana Михаил:Mikhail,Michail "
        "Захар:Zakhar,Zahar "
        "Жанна:Zhanna,Janna Эльвира:Elvira Юрий:Yuri,Iurii Арсений:Arseny,Arsenii Матвей:Matvey,Matvei "
        "Полина:Polina Ульяна:Uliana,Ulyana",
        "Иванова:Ivanova Смирнов:Smirnov Кузнецов:Kuznetsov,Kuznecov Попова:Popova Соколов:Sokolov "
        "Лебедева:Lebedeva Козлов:Kozlov "
        "Новикова:Novikova Морозов:Morozov Хрущёв:Khrushchev,Khrushchyov Соловьёв:Solovyov,Soloviev "
        "Зайцева:Zaitseva,Zaytseva "
        "Щеголев:Shchegolev,Schegolev Ёлкина:Yolkina,Elkina Чернышёв:Chernyshev Фёдорова:Fedorova,Fyodorova "
        "Юдин:Yudin,Iudin "
        "Цветаева:Tsvetaeva Жуковский:Zhukovsky,Zhukovskii Быкова:Bykova Белых:Belykh Якушева:Yakusheva "
        "Ершов:Ershov,Yershov "
        "Воробьёва:Vorobyova,Vorobieva",
    ),
    "Bulgarian": (
        "Христо:Hristo Цветелина:Tsvetelina,Cvetelina Йорданка:Yordanka,Jordanka Стоян:Stoyan,Stojan "
        "Ивайло:Ivaylo,Ivailo "
        "Десислава:Desislava Георги:Georgi Красимира:Krasimira Петър:Petar,Peter Ралица:Ralitsa,Ralica "
        "Галя:Galya,Galia Живко:Zhivko,Jivko "
        "Величка:Velichka Милена:Milena Асен:Asen Ружа:Ruzha,Ruja Бойко:Boyko,Boiko Снежана:Snezhana "
        "Илия:Iliya,Ilia Гергана:Gergana "
        "Тодор:Todor Райна:Rayna,Raina Лъчезар:Lachezar,Luchezar Юлиан:Yulian,Julian Калоян:Kaloyan Емил:Emil "
        "Ваня:Vanya,Vania "
        "Пламен:Plamen Божидар:Bozhidar Стефка:Stefka",
        "Димитрова:Dimitrova Иванов:Ivanov Стоянов:Stoyanov Търновска:Tarnovska Щерев:Shterev Христова:Hristova "
        "Ангелов:Angelov "
        "Жечева:Zhecheva,Jecheva Цанков:Tsankov,Cankov Желязков:Zhelyazkov,Jeliazkov Маринова:Marinova "
        "Йорданов:Yordanov,Jordanov "
        "Кръстева:Krasteva,Krusteva Михайлова:Mihaylova,Mihailova Хаджиев:Hadzhiev,Hadjiev Ганчева:Gancheva "
        "Вълчев:Valchev,Vulchev "
        "Ненова:Nenova Колев:Kolev Аспарухова:Asparuhova Чолаков:Cholakov Янкова:Yankova,Iankova Пеева:Peeva "
        "Гълъбов:Galabov,Gulubov",
    ),
    "Serbian": (
        "Ђорђе:Đorđe,Djordje,Dorde Љиљана:Ljiljana Његош:Njegoš,Njegos Милица:Milica Драган:Dragan "
        "Живка:Živka,Zivka Јелена:Jelena "
        "Снежана:Snežana,Snezana Душан:Dušan,Dusan Жељко:Željko,Zeljko Ћира:Ćira,Cira Чедомир:Čedomir,Cedomir "
        "Џемал:Džemal,Dzemal "
        "Весна:Vesna Хана:Hana Михајло:Mihajlo Гордана:Gordana Јована:Jovana Бранислав:Branislav Зорица:Zorica "
        "Александар:Aleksandar "
        "Нада:Nada Анђелка:Anđelka,Andjelka Срђан:Srđan,Srdjan Цветко:Cvetko Јасмина:Jasmina Вук:Vuk "
        "Стеван:Stevan Љубица:Ljubica "
        "Миодраг:Miodrag",
        "Јовановић:Jovanović,Jovanovic Петровић:Petrović,Petrovic Ковачевић:Kovačević,Kovacevic "
        "Ђурић:Đurić,Djuric Живковић:Živković,Zivkovic "
        "Цвијетић:Cvijetić,Cvijetic Хаџић:Hadžić,Hadzic Шарић:Šarić,Saric Његован:Njegovan "
        "Љубичић:Ljubičić,Ljubicic Чолић:Čolić,Colic "
        "Ћосић:Ćosić,Cosic Вучковић:Vučković,Vuckovic Станковић:Stanković,Stankovic Бегић:Begić,Begic "
        "Ђокић:Đokić,Djokic Манојловић:Manojlović "
        "Обрадовић:Obradović,Obradovic Шћепановић:Šćepanović,Scepanovic Јакшић:Jakšić,Jaksic "
        "Костић:Kostić,Kostic Мутаџић:Mutadžić "
        "Грујић:Grujić,Grujic Павловић:Pavlović,Pavlovic",
    ),
    "Greek": (
        "Γιώργος:Giorgos,Yiorgos Ελένη:Eleni Χρήστος:Christos,Hristos Ευαγγελία:Evangelia Ντίνα:Dina,Ntina "
        "Μπάμπης:Babis,Bampis "
        "Κωνσταντίνος:Konstantinos,Constantinos Γιάννης:Giannis,Yiannis Παναγιώτης:Panagiotis,Panayiotis "
        "Αικατερίνη:Aikaterini,Ekaterini "
        "Δημήτρης:Dimitris,Demetris Φωτεινή:Foteini,Fotini Θανάσης:Thanasis Χαράλαμπος:Charalampos,Haralambos "
        "Ξένια:Xenia "
        "Αντώνης:Antonis,Andonis Ουρανία:Ourania Σταύρος:Stavros Βασιλική:Vasiliki Ζωή:Zoi,Zoe Ηλίας:Ilias,Elias "
        "Αγγελική:Angeliki,Aggeliki "
        "Ειρήνη:Eirini,Irini Σοφία:Sofia,Sophia Νίκος:Nikos Ευτυχία:Eftychia,Eftichia Ψαρρή:Psarri "
        "Καλλιόπη:Kalliopi,Kaliopi "
        "Μαργαρίτα:Margarita Λευτέρης:Lefteris",
        "Παπαδόπουλος:Papadopoulos Γκίκας:Gikas,Gkikas Οικονόμου:Oikonomou,Economou Βλάχος:Vlachos,Vlahos "
        "Χατζής:Chatzis,Hatzis "
        "Αγγελόπουλος:Angelopoulos,Aggelopoulos Καραγιάννης:Karagiannis,Karayiannis Δημητρίου:Dimitriou "
        "Μακρής:Makris "
        "Παππάς:Pappas Ντούσκας:Douskas,Ntouskas Σαμαράς:Samaras Μπακογιάννη:Bakogianni,Mpakogianni "
        "Ευθυμίου:Efthymiou,Efthimiou "
        "Ζαφειρίου:Zafeiriou,Zafiriou Ξανθός:Xanthos Τσιρίγος:Tsirigos Λαμπράκης:Lambrakis,Lamprakis "
        "Ψωμιάδης:Psomiadis "
        "Κοντογιώργη:Kontogiorgi Γαβράς:Gavras Ρηγόπουλος:Rigopoulos Αυγερινός:Avgerinos Τζαβάρας:Tzavaras",
    ),
    "Ge'ez": (
        "ሰላም:Selam,Salam ተስፋዬ:Tesfaye ብርሃነ:Berhane,Birhane ሀና:Hana,Hanna ትዕግስት:Tigist,Tigest ኃይሉ:Hailu,Haylu "
        "ዮሐንስ:Yohannes,Yohanes "
        "ሕይወት:Hiwot,Hiwet ዘውዱ:Zewdu መሐመድ:Mohammed,Mohamed ፍቅርተ:Fikirte,Fikrte አልማዝ:Almaz ጸሐይ:Tsehay,Tsehai "
        "ወርቅነሽ:Workinesh,Werkinesh "
        "ገብረ:Gebre,Gebru ለምለም:Lemlem አበበ:Abebe ሙሉጌታ:Mulugeta ቀለም:Kelem,Qelem ጌታቸው:Getachew ማርታ:Marta,Martha "
        "ሣራ:Sara,Sarah "
        "ኤፍሬም:Ephrem,Efrem ሮዛ:Roza,Rosa ሰናይት:Senait,Senayt ፀጋዬ:Tsegaye ጥሩነሽ:Tirunesh ኪዳነ:Kidane ዛይድ:Zayd,Zaid "
        "ሐጎስ:Hagos",
        "ገብረመድህን:Gebremedhin,Gebremedhn ተክለ:Tekle በቀለ:Bekele ወልደ:Welde,Wolde ኃይለማርያም:Hailemariam,Hailemaryam "
        "አስፋው:Asfaw መኮንን:Mekonnen "
        "ገብረእግዚአብሔር:Gebregziabher,Gebreegziabher ታደሰ:Tadesse,Tadese ደስታ:Desta ከበደ:Kebede "
        "ጌብረስላሴ:Gebreselassie,Gebreslase "
        "ዓለሙ:Alemu መለስ:Meles አብርሃ:Abraha,Abreha ክፍሌ:Kifle ተኽላይ:Teklay,Tekhlay ይማም:Yimam ወልዱ:Weldu,Woldu "
        "ግርማ:Girma ሀብቴ:Habte "
        "ንጉሴ:Nigussie,Niguse ጸጋይ:Tsegay,Tsegai ቸርነት:Chernet",
    ),
    "Bengali": (
        "মোহাম্মদ:Mohammad,Mohammed ফাতেমা:Fatema,Fatima সুমাইয়া:Sumaiya,Sumaya নুসরাত:Nusrat রহিমা:Rahima "
        "আয়েশা:Ayesha,Aisha শারমিন:Sharmin "
        "তানিয়া:Tania,Taniya জাহানারা:Jahanara আনোয়ার:Anwar,Anowar শফিকুল:Shafiqul,Shofiqul খাদিজা:Khadija "
        "রিনা:Rina মাহমুদা:Mahmuda "
        "পারভীন:Parvin,Parveen লাবনী:Labani,Laboni সাবিনা:Sabina শিউলি:Shiuli রুবেল:Rubel সেলিনা:Selina "
        "কামাল:Kamal ইয়াসমিন:Yasmin,Yeasmin "
        "মৌসুমী:Mousumi,Moushumi তাসলিমা:Taslima জসিম:Jasim,Josim বিলকিস:Bilkis,Bilqis ওয়াহিদ:Wahid "
        "নাসরিন:Nasrin চম্পা:Champa ঝর্ণা:Jharna",
        "রহমান:Rahman চৌধুরী:Chowdhury,Choudhury শেখ:Sheikh,Shaikh বেগম:Begum,Begom আক্তার:Akter,Akhter "
        "খাতুন:Khatun হোসেন:Hossain,Hosen "
        "ইসলাম:Islam মিয়া:Miah,Mia সরকার:Sarkar,Sarker উদ্দিন:Uddin খান:Khan হক:Haque,Haq "
        "তালুকদার:Talukdar,Talukder মোল্লা:Molla,Mollah "
        "ভূঁইয়া:Bhuiyan,Bhuiya সিকদার:Sikder,Sikdar মন্ডল:Mondal,Mandal বিশ্বাস:Biswas দাস:Das আলী:Ali "
        "গাজী:Gazi,Gaji প্রামাণিক:Pramanik "
        "হাওলাদার:Howlader,Hawladar",
    ),
    "Georgian": (
        "გიორგი:Giorgi ნინო:Nino თამარ:Tamar ქეთევან:Ketevan მარიამ:Mariam ლევან:Levan ეკატერინე:Ekaterine "
        "ხათუნა:Khatuna,Hatuna "
        "ჯემალ:Jemal ჟუჟუნა:Zhuzhuna,Juzhuna შორენა:Shorena ზურაბ:Zurab ვახტანგ:Vakhtang ღვინო:Ghvino ცირა:Tsira "
        "ძვირფასა:Dzvirpasa "
        "ჭიაბერ:Chiaber წიურა:Tsiura ნათია:Natia ელენე:Elene დავით:Davit,Davith ირაკლი:Irakli ლელა:Lela "
        "თეონა:Teona მაია:Maia,Maya "
        "სოფიო:Sopio,Sofio ლუკა:Luka ბექა:Beka რუსუდან:Rusudan ანა:Ana",
        "ბერიძე:Beridze კაპანაძე:Kapanadze ჯავახიშვილი:Javakhishvili გელაშვილი:Gelashvili მაისურაძე:Maisuradze "
        "გიორგაძე:Giorgadze "
        "ლომიძე:Lomidze ხვიჩია:Khvichia ცინცაძე:Tsintsadze ქავთარაძე:Kavtaradze შენგელია:Shengelia "
        "ჭანტურია:Chanturia წერეთელი:Tsereteli "
        "ღლონტი:Ghlonti,Glonti ჩიქოვანი:Chikovani ყიფიანი:Kipiani,Qipiani ძაგანია:Dzagania ნოზაძე:Nozadze "
        "აბაშიძე:Abashidze ფირცხალავა:"
        "Pirtskhalava თოფურია:Topuria ჟვანია:Zhvania,Jvania დოლიძე:Dolidze უგულავა:Ugulava",
    ),
    "Chinese": (
        "小明:Xiaoming 美玲:Meiling 娜:Na 伟:Wei 丽华:Lihua 秀英:Xiuying 建国:Jianguo 雪梅:Xuemei 志强:Zhiqiang 燕:Yan "
        "春花:Chunhua 玉兰:Yulan "
        "海燕:Haiyan 晓红:Xiaohong 国强:Guoqiang 静:Jing 婷婷:Tingting 桂芳:Guifang 文博:Wenbo 敏:Min 翠萍:Cuiping 永福:Yongfu "
        "金凤:Jinfeng "
        "素珍:Suzhen 凯:Kai 月娥:Yue'e,Yuee 淑芬:Shufen 莉莉:Lili 冬梅:Dongmei 子轩:Zixuan",
        "王:Wang 李:Li 张:Zhang 刘:Liu 陈:Chen 陳:Chen 杨:Yang 赵:Zhao 黄:Huang 周:Zhou 吴:Wu 徐:Xu 孙:Sun 朱:Zhu 马:Ma 胡:Hu "
        "林:Lin 郭:Guo "
        "何:He 曾:Zeng 单:Shan 欧阳:Ouyang 谢:Xie 任:Ren",
    ),
}
"""By script: given names, and family names."""

STRANGERS: Final = {
    "Thai": "สมชาย:Somsak มาลี:Manee กัญญา:Kanda พรชัย:Pornthip วิชัย:Wichit รัตนา:Rachada ธงชัย:Thongdam "
    "ศิริพร:Sirikit นภา:Nara",
    "Arabic": "خالد:Khalil محمد:Hamid زينب:Zahra سليم:Sami يوسف:Younes مريم:Marwa طارق:Tamer عمر:Amin "
    "حسين:Hamza نور:Nabil",
    "Persian": "شیرین:Shahla پروانه:Parisa مریم:Mahnaz کامران:Kambiz رضا:Ramin مهدی:Majid فریبا:Farida "
    "نسرین:Nahid جواد:Jamshid",
    "Ukrainian": "Оксана:Roksolana Юлія:Uliana Сергій:Stepan Ольга:Olena Ірина:Inna Василь:Vadym "
    "Богдан:Borys Андрій:Anton Зоя:Yana",
    "Russian": "Дарья:Diana Елена:Alina Мария:Marina Сергей:Semyon Дмитрий:Denis Галина:Polina Михаил:Maksim "
    "Юлия:Yana Ксения:Snezhana",
    "Bulgarian": "Христо:Hristina Стоян:Stefan Георги:Grigor Петър:Pavel Галя:Gergana Живко:Zdravko "
    "Асен:Anton Райна:Radka Емил:Ivan",
    "Serbian": "Ђорђе:Dragan Милица:Milena Драган:Dragica Јелена:Jasna Душан:Duško Жељко:Zoran Весна:Vera "
    "Гордана:Goran Вук:Vlado",
    "Greek": "Γιώργος:Grigoris Ελένη:Efi Χρήστος:Chrysa Ντίνα:Dora Γιάννης:Ioanna Σταύρος:Spyros "
    "Νίκος:Nefeli Ηλίας:Lia Σοφία:Stefania",
    "Ge'ez": "ሰላም:Salem ተስፋዬ:Tesfu ብርሃነ:Bereket ሀና:Helen ትዕግስት:Tsige ዮሐንስ:Yonas አበበ:Abera ለምለም:Lidya "
    "ማርታ:Meron ሐጎስ:Hadas",
    "Bengali": "ফাতেমা:Farzana নুসরাত:Nazma রহিমা:Rokeya শারমিন:Shabnam রিনা:Runa কামাল:Karim সাবিনা:Salma "
    "জসিম:Jewel তাসলিমা:Tahmina",
    "Georgian": "გიორგი:Goga ნინო:Nana თამარ:Tea ლევან:Lasha ზურაბ:Zaza ეკატერინე:Eteri ელენე:Eka დავით:Dato "
    "ლელა:Lali ირაკლი:Ilia",
    "Chinese": "小明:Xiaohua 美玲:Meihua 丽华:Lijuan 志强:Zhigang 雪梅:Xueqin 海燕:Hailong 国强:Guoping 桂芳:Guilan 静:Jun "
    "燕:Ying 伟:Wen",
}
"""By script: a name, and another name, in Latin letters, that resembles it and is not it."""


def spelt(names: str) -> list[tuple[str, tuple[str, ...]]]:
    """Each name as its script has it, and how it is usually spelt in Latin letters."""
    pairs = (each.replace("_", " ").split(":") for each in names.split())
    return [(written, tuple(usual.split(","))) for written, usual in pairs]


@dataclass(frozen=True)
class WrittenTwice:
    """Somebody whose name is written in one way where it is recorded, and in another where it is sought."""

    kind: str
    recorded: dict[str, Any]
    sought: dict[str, Any]


def written_twice(of_each: int, chance: random.Random) -> list[WrittenTwice]:
    """People of every script, half of them recorded in it and half in Latin letters; and as many others, recorded and sought in
    Latin letters, to see what is hard about the names themselves."""
    found = []
    for script, (given, family) in PEOPLE.items():
        pairs = [(one, other) for one in spelt(given) for other in spelt(family)]
        for number, (one, other) in enumerate(chance.sample(pairs, 2 * of_each)):
            own = {"given_name": one[0], "family_name": other[0]}
            latin, again = ({"given_name": chance.choice(one[1]), "family_name": chance.choice(other[1])} for _ in "12")
            if number >= of_each:
                found.append(WrittenTwice(f"{script}, in Latin letters", latin, again))
            else:
                found.append(WrittenTwice(script, *((own, latin) if number % 2 else (latin, own))))
    return found
