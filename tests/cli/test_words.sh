#!/bin/sh
# Words and what is inside them: subwords, characters, vectors that were there before.
program=$1 source=$2
. "$source/tests/cli/common.sh"
small="-q --hidden-size 8 --embed-size 4 --batch-size 4 --max-steps 20 --threads 1"

awk 'BEGIN { split("the cat the dog a lower lowest newest mat sat", w, " ")
    for (i = 0; i < 60; i++) { for (k = 0; k < 6; k++) printf "%s%s", k ? " " : "", w[(i * 7 + k * k) % 10 + 1]; print "" } }' >words.txt
# shellcheck disable=SC2086 # several options
"$program" train $small --lines --tokens bpe:40 --lr 0.01 --max-steps 150 -o bpe.safetensors words.txt
check "bpe: a model" [ -s bpe.safetensors ]
"$program" generate -m bpe.safetensors -n 5 --length 40 --temperature 0 >out
check "bpe: pieces are joined to words with one blank between" sh -c '! grep -qE "^ |  |</s>" out'
"$program" generate -m bpe.safetensors -p "the lo" --length 5 >out
check "bpe: the prompt comes first" grep -q '^the lo' out
printf 'the  lowest cat\n\n' | "$program" score -m bpe.safetensors -q --per token >out
check "bpe: the pieces of a line spell it" [ "$(cut -f2 out | sed '/<\/s>/,$d' | tr -d '\n')" = " the lowest cat" ]
"$program" evaluate -m bpe.safetensors words.txt >out
check "bpe: bits a piece" grep -q '^bits_per_piece' out
# shellcheck disable=SC2086
"$program" train $small --tokens bpe:40 -o stream.safetensors words.txt
"$program" generate -m stream.safetensors --length 60 --seed 3 >out
check "bpe: lines of a stream begin without a blank" sh -c '! grep -q "^ " out'
"$program" inspect -m bpe.safetensors >out
check "bpe: inspect names the pieces" grep -qE '^part +x: [0-9]+ symbols \(pieces of words' out
status "bpe: no number" 2 train --tokens bpe words.txt
status "bpe: zero merges" 2 train --tokens bpe:0 words.txt
status "bpe with --max-vocab" 2 train --tokens bpe:10 --max-vocab 5 words.txt
check "bpe with --max-vocab: says so" grep -q 'max-vocab' status.err

# Words of random letters, a name when the first is large: only the letters tell, since words are looked up in lower case.
awk 'BEGIN { srand(4); for (i = 0; i < 150; i++) { for (k = 0; k < 4; k++) { word = ""
    for (j = 0; j < 2 + rand() * 3; j++) word = word substr("abcde", 1 + int(rand() * 5), 1)
    large = rand() < 0.5; if (large) word = toupper(substr(word, 1, 1)) substr(word, 2)
    print word "\t" (large ? "NAME" : "O") } print "" } }' >tags.conll
# shellcheck disable=SC2086
"$program" train $small --task tag --lowercase --chars 5 --char-embed-size 3 --lr 0.02 --max-steps 150 --val-frac 0.2 -o chars.safetensors tags.conll
# shellcheck disable=SC2086
"$program" train $small --task tag --lowercase --chars 5 --char-embed-size 3 --lr 0.02 --max-steps 150 --val-frac 0.2 --threads 3 -o three.safetensors tags.conll
check "chars: the same bits with three threads" cmp chars.safetensors three.safetensors
printf 'Abecedabe\nbacadaceda\nCcccddd\nceddddd\n\n' >new.conll
"$program" tag -m chars.safetensors new.conll >out 2>err
check "chars: unseen words are known by their letters" [ "$(awk 'NF { printf "%s ", $NF }' out)" = "NAME O NAME O " ]
printf '1 Abecedabe\n2 bacadaceda\n' >second.conll
"$program" tag -m chars.safetensors --columns 2 --json second.conll >out 2>err
check "tag --json: tokens of the column that --columns names" [ "$(cat out)" = '{"schema":1,"tokens":["Abecedabe","bacadaceda"],"tags":["NAME","O"]}' ]
printf '1\tAbecedabe\r\n2\tbacadaceda\r\n\r\n' >second.conll
"$program" tag -m chars.safetensors --columns 2 second.conll >out 2>err
check "tag: lines as they stood, CRLF too" [ "$(cat out)" = "$(printf '1\tAbecedabe\tNAME\r\n2\tbacadaceda\tO\r\n\r\n')" ]
status "chars: a language model has none" 2 train --chars 5 words.txt
status "chars: gradients" 0 gradcheck -m chars.safetensors tags.conll

printf 'the O\nDog NAME\nsaw O\nAnna NAME\nCarl NAME\n\nmet O\nberta O\n\nthe O\n\nthe O\n' >few.conll
printf '3 4\nanna 1 2 3 4\nthe 5 6 7 8\ndog 1 1 1 1\n' >v.txt
# shellcheck disable=SC2086
"$program" train $small --task tag --embed-file v.txt --freeze-embed --weight-decay 0.1 --optimizer adamw -o v.safetensors few.conll 2>err
check "vectors: a model" [ -s v.safetensors ]
"$program" train --progress off --hidden-size 8 --batch-size 4 --max-steps 3 --threads 1 --task tag --embed-file v.txt \
    -o w.safetensors few.conll 2>err
check "vectors: how many words have one" grep -qxF '"v.txt": vectors for 3 of 7 words, for 2 of these in lower case only' err
"$program" inspect -m w.safetensors --what graph >out
check "vectors: their width is that of the embedding" grep -qE '^ +embed.weight \[9, 4\]' out
printf 'the 1 2 3\ncat x 1 2\n' >bad.txt
status "vectors: of another width than asked" 3 train --task tag --embed-size 4 --embed-file bad.txt few.conll
printf 'the 1 2 3\ndog x 1 2\n' >bad.txt
says "vectors: a field that is no number" 3 'rondo: bad.txt:2:5: expected a number, found "x"' train -q --task tag --embed-file bad.txt few.conll
echo '3 2' >none.txt
says "vectors: a first line alone" 3 'rondo: none.txt: there are no vectors in it' train -q --task tag --embed-file none.txt few.conll
status "vectors: of words only" 2 train --embed-file v.txt words.txt
exit $bad
