"""OpenAI's forms beside chat (https://platform.openai.com/docs/api-reference), and rerank as Cohere and Jina do."""

from omniroute.api.operation import Described
from omniroute.api.wire.schema import MODEL, constant, either, none_or, number, several, switch, text, thing, whole

_FILE = {"type": "string", "format": "binary", "description": "The file."}
_STREAMED = none_or(switch("Answer as server-sent events."))
_TEXT = {"type": "string", "minLength": 1}
_TOKENS = {"type": "array", "items": {"type": "integer", "minimum": 0}, "minItems": 1}

EMBEDDING_REQUEST = Described(
    name="EmbeddingRequest",
    schema=thing(
        "What is to be embedded.",
        need=["model", "input"],
        model=MODEL,
        input=either(
            "A text, tokens, or a list of either.",
            _TEXT,
            _TOKENS,
            several("Texts.", _TEXT, minItems=1),
            several("Lists of tokens.", _TOKENS, minItems=1),
        ),
        dimensions=none_or(whole("How long the vectors are to be, where the model can be told.", minimum=1)),
        encoding_format=none_or(text("float or base64.", enum=["float", "base64", None])),
        user=text("The end user's id, handed to the provider."),
    ),
)
EMBEDDING_ANSWER = Described(
    name="EmbeddingList",
    schema=thing(
        "The vectors, in the order of the input.",
        need=["object", "data", "model", "usage"],
        object=constant("list", "What this is."),
        data=several(
            "The vectors.",
            thing(
                need=["object", "index", "embedding"],
                object=constant("embedding", "What this is."),
                index=whole("The place of the input."),
                embedding=either(
                    "The vector; in base64 it is little-endian 32-bit floats.",
                    several("Numbers.", {"type": "number"}),
                    text("In base64."),
                ),
            ),
        ),
        model=text("The model that answered, with its provider."),
        usage=thing(
            "What it took.",
            need=["prompt_tokens", "total_tokens"],
            prompt_tokens=whole("Tokens read."),
            total_tokens=whole("The same."),
        ),
    ),
)
OTHER_MODELS = Described(
    name="OtherModelList",
    schema=thing(
        "Models of one kind.",
        need=["object", "data"],
        object=constant("list", "What this is."),
        data=several(
            "The models.",
            thing(
                need=["id", "object", "created", "owned_by", "type"],
                id=text("The name to ask for."),
                object=constant("model", "What this is."),
                created=whole("Not known: 0. In seconds since 1970."),
                owned_by=text("The provider."),
                type=text("embedding or image."),
                dimensions=whole("How long the vectors of an embedding model are."),
                supported_sizes=several("The sizes of pictures.", {"type": "string"}),
            ),
        ),
    ),
)

_PICTURE_FIELDS = {
    "prompt": text("What is to be shown.", minLength=1),
    "n": none_or(whole("How many pictures, 1 to 10.", minimum=1, maximum=10)),
    "size": none_or(text("Width and height, as in 1024x1024, or auto.")),
    "quality": none_or(text("How well: auto, low, medium, high, standard, hd; which, the model decides.")),
    "response_format": none_or(text("url or b64_json.", enum=["url", "b64_json", None])),
    "stream": _STREAMED,
    "partial_images": none_or(whole("How many unfinished pictures a stream shows, 0 to 3.", minimum=0, maximum=3)),
}
IMAGE_REQUEST = Described(
    name="ImageRequest",
    schema=thing(
        "Pictures to be made.",
        need=["model", "prompt"],
        model=MODEL,
        style=none_or(text("vivid or natural, for models that know it.")),
        **_PICTURE_FIELDS,
    ),
)
IMAGE_EDIT_REQUEST = Described(
    name="ImageEditRequest",
    schema=thing(
        "Pictures to be changed; several come as `image[]`.",
        need=["model", "prompt", "image"],
        model=MODEL,
        image={**_FILE, "description": "The picture: png, jpeg, webp or gif."},
        mask={**_FILE, "description": "Where to change it: what is transparent here."},
        **_PICTURE_FIELDS,
    ),
)
IMAGE_ANSWER = Described(
    name="ImageList",
    schema=thing(
        "The pictures.",
        need=["created", "data"],
        created=whole("When, in seconds since 1970."),
        data=several(
            "The pictures.",
            thing(
                url=text("Where it lies; an address may hold the picture itself."),
                b64_json=text("The picture, in base64."),
                revised_prompt=text("What was really drawn."),
            ),
        ),
        usage=thing("What it took, of models that are paid by the token."),
    ),
)

_SOUND_FIELDS = {
    "file": {**_FILE, "description": "The sound: mp3, wav, m4a, flac, ogg or webm, told by its content."},
    "prompt": text("Words that may come up."),
    "response_format": text(
        "How to spell the answer.", enum=["json", "text", "srt", "verbose_json", "vtt"], default="json"
    ),
    "temperature": number("How freely the model guesses, 0 to 1.", minimum=0, maximum=1),
}
TRANSCRIPTION_REQUEST = Described(
    name="TranscriptionRequest",
    schema=thing(
        "A sound to be written down.",
        need=["model", "file"],
        model=MODEL,
        language=text("The language, as ISO 639-1 has it; left out: found out."),
        **_SOUND_FIELDS,
    ),
)
TRANSLATION_REQUEST = Described(
    name="TranslationRequest",
    schema=thing("A sound to be written down in English.", need=["model", "file"], model=MODEL, **_SOUND_FIELDS),
)
TRANSCRIPTION_ANSWER = Described(
    name="Transcription",
    schema=thing(
        "What was said. Other spellings than JSON are plain text.",
        need=["text", "task", "language", "duration"],
        text=text("The words."),
        task=text("transcribe or translate."),
        language=text("The language, as the provider calls it; empty where it does not tell."),
        duration={"type": ["number", "null"], "description": "How long the sound is, in seconds."},
        segments=several("Sentences or so, with their times.", thing()),
        words=several("Words, with their times.", thing()),
        usage=thing("What it took: seconds or tokens."),
    ),
)
SPEECH_REQUEST = Described(
    name="SpeechRequest",
    schema=thing(
        "A text to be said.",
        need=["model", "input"],
        model=MODEL,
        input=text("The text.", minLength=1),
        voice=either("The voice.", {"type": ["string", "null"], "minLength": 1}, thing("One's own, by its id.")),
        response_format=none_or(text("What sound.", enum=["mp3", "opus", "aac", "flac", "wav", "pcm", None])),
        speed=none_or(number("How fast, 0.25 to 4.", minimum=0.25, maximum=4)),
        instructions=none_or(text("How to say it.")),
    ),
)
MODERATION_REQUEST = Described(
    name="ModerationRequest",
    schema=thing(
        "What is to be judged.",
        need=["input"],
        model=none_or(MODEL),
        input=either(
            "A text, texts, or parts with a type.",
            _TEXT,
            several("Texts.", _TEXT, minItems=1),
            several("Parts.", thing(need=["type"], type=text("text or image_url.")), minItems=1),
        ),
    ),
)
MODERATION_ANSWER = Described(
    name="Moderation",
    schema=thing(
        "The judgements, in the order of the input.",
        need=["id", "model", "results"],
        id=text("The answer's id."),
        model=text("The model that judged, with its provider."),
        results=several(
            "The judgements.",
            thing(
                need=["flagged", "categories"], flagged=switch("Whether it is harmful."), categories=thing("In what.")
            ),
        ),
    ),
)
RERANK_REQUEST = Described(
    name="RerankRequest",
    schema=thing(
        "Documents to be put in order.",
        need=["model", "query", "documents"],
        model=MODEL,
        query=text("What they are to answer.", minLength=1),
        documents=several(
            "The documents.",
            {"anyOf": [_TEXT, thing(need=["text"], text=text("The document.", minLength=1))]},
            minItems=1,
        ),
        top_n=none_or(whole("How many to give back.", minimum=1)),
        top_k=none_or(whole("The same in Voyage's words; the answer is spelled so too.", minimum=1)),
        return_documents=none_or(switch("Give the documents back too.")),
    ),
)
RERANK_ANSWER = Described(
    name="Ranking",
    schema=thing(
        "The documents' places and scores, the best first: in `results`, in Voyage's words in `data`.",
        need=["id", "model", "usage"],
        id=text("The answer's id."),
        model=text("The model that judged, with its provider."),
        results=several("The documents.", thing(need=["index", "relevance_score"], index=whole("Its place."))),
        data=several("The documents.", thing(need=["index", "relevance_score"], index=whole("Its place."))),
        usage=thing("What it took."),
    ),
)
