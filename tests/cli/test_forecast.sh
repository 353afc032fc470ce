#!/bin/sh
# A series from CSV to its continuation in two commands; splits by position; what is refused.
program=$1 source=$2
. "$source/tests/cli/common.sh"

# A day has 4 rows here and value h at row h: after a while there is nothing left to learn.
awk 'BEGIN { print "when,load,temp"; for (i = 0; i < 160; i++) printf "2016-%02d-%02d %02d:00,%d,%d\n", 1 + int(i / 112), 1 + int(i / 4) % 28, i % 4 * 6, i % 4, i % 3 }' |
    sed '/^2016-01-2[89]/d; s/^2016-02/2016-01-x/; /-x/d' >load.csv
check "train on a series" "$program" train -q --task forecast --target load --inputs load --season 4 --seq-len 8 --horizon 4 --hidden-size 16 --epochs 60 --lr 0.01 -j 1 -o load.safetensors load.csv
"$program" forecast -m load.safetensors --horizon 6 load.csv >next.csv
awk -F, 'NR == 1 && $0 != "when,load" { exit 1 } NR > 1 && ($2 - (NR - 2) % 4) ^ 2 > 0.05 { exit 1 } END { exit NR != 7 }' next.csv &&
    grep -q '^2016-01-28 00:00,' next.csv && grep -q '^2016-01-29 06:00,' next.csv
if [ $? = 0 ]; then passed "the series goes on in time and in value"; else failed "the series goes on in time and in value"; cat next.csv; fi
"$program" forecast -m load.safetensors --horizon 1 --json load.csv >next.json
if grep -q '^{"schema":1,"when":"2016-01-28 00:00","step":1,"load":' next.json; then passed "rows as JSON"; else failed "rows as JSON"; cat next.json; fi
"$program" evaluate -m load.safetensors --json load.csv >scores.json
for name in mae mse rmse mase rse corr standardised_mse standardised_mae mae_last_value mae_seasonal_naive rse_last_step; do
    if grep -q "\"$name\":" scores.json; then passed "evaluate tells $name"; else failed "evaluate tells $name"; fi
done
check "and is better than the last value" awk -F'[:,]' '{ for (i = 1; i < NF; i++) v[$i] = $(i + 1); exit !(v["\"mae\""] < v["\"mae_last_value\""]) }' scores.json

# quantiles and groups
awk 'BEGIN { print "shop,day,sold"; for (s = 0; s < 2; s++) for (i = 1; i < 29; i++) printf "%s,2016-02-%02d,%d\n", s ? "b, east" : "a", i, i % 7 + 10 * s }' | sed 's/^b, east/"b, east"/' >shops.csv
check "train on groups with quantiles" "$program" train -q --task forecast --group shop --loss quantile --quantiles 0.1,0.5,0.9 --seq-len 7 --horizon 2 --hidden-size 8 --epochs 2 -j 1 -o shops.safetensors shops.csv
"$program" forecast -m shops.safetensors shops.csv | sed 's/\(2016-[^,]*\),.*/\1/' >days.csv
cat >expected <<'END'
shop,day,sold.q10,sold.q50,sold.q90
a,2016-02-29
a,2016-03-01
"b, east",2016-02-29
"b, east",2016-03-01
END
check "each group goes on" cmp days.csv expected
check "one quantile of those learned" sh -c "'$program' forecast -m shops.safetensors --quantiles 0.9 shops.csv | grep -q '^shop,day,sold.q90\$'"
says "a quantile that was not learned" 2 "rondo: --quantiles: the model was not trained for 0.2" forecast -m shops.safetensors --quantiles 0.2 shops.csv
check "a mean and a deviation" "$program" train -q --task forecast --group shop --loss gaussian --seq-len 7 --hidden-size 8 --epochs 1 -j 1 -o gauss.safetensors shops.csv
check "a likelihood tells its quantiles" sh -c "'$program' forecast -m gauss.safetensors shops.csv | grep -q '^shop,day,sold.q10,sold.q50,sold.q90\$'"
check "any quantile of a likelihood" sh -c "'$program' forecast -m gauss.safetensors --quantiles 0.05,0.95 shops.csv | grep -q '^shop,day,sold.q5,sold.q95\$'"

# Months that grow by a share a year: distances from the year before in logarithms are one constant, so that an untrained
# bias away from it everything is known; what is told has the units of the file.
awk 'BEGIN { print "month,v"; for (i = 0; i < 96; i++) printf "%d-%02d,%.3f\n", 1949 + int(i / 12), 1 + i % 12, 100 * exp(0.1 * int(i / 12)) * (2 + sin(i % 12)) }' >months.csv
check "distances from the year before, of logarithms" "$program" train -q --task forecast --difference season --transform log --seq-len 18 --horizon 12 --hidden-size 8 --epochs 150 --patience 0 --lr 0.02 -j 1 -o months.safetensors months.csv
"$program" forecast -m months.safetensors --horizon 24 months.csv >years.csv
awk -F, 'NR > 1 { i = 94 + NR; v = 100 * exp(0.1 * int(i / 12)) * (2 + sin(i % 12)); if ($1 != sprintf("%d-%02d", 1949 + int(i / 12), 1 + i % 12) || ($2 / v - 1) ^ 2 > 0.0009) exit 1 } END { exit NR != 25 }' years.csv
if [ $? = 0 ]; then passed "two years go on at the same rate"; else failed "two years go on at the same rate"; cat years.csv; fi
"$program" data split --task forecast --by-position 72,0,24 -o years months.csv >/dev/null
"$program" evaluate -m months.safetensors --json --history years.train years.test >scores.json
check "and better than the year before" awk -F'[:,]' '{ for (i = 1; i < NF; i++) v[$i] = $(i + 1); exit !(v["\"rmse\""] < v["\"rmse_seasonal_naive\""] / 3) }' scores.json
says "a window within a season" 2 "rondo: --difference season: windows of 12 rows (--seq-len) are not longer than a season, which has 12" train -q --task forecast --difference season --seq-len 12 -o no.safetensors months.csv
cut -d, -f2 months.csv >numbers.csv
says "a season that nobody knows" 2 'rondo: --difference season: the season of numbers.csv is not known
hint: --season says how many rows it has, --time which column holds the times' train -q --task forecast --difference season --seq-len 14 -o no.safetensors numbers.csv
check "a season that is said" "$program" train -q --task forecast --difference season --season 12 --seq-len 14 --hidden-size 4 --epochs 1 -j 1 -o said.safetensors numbers.csv
says "variances of logarithms" 2 "rondo: --transform log: --loss gaussian gives means and variances of the values themselves" train -q --task forecast --transform log --loss gaussian --seq-len 14 -o no.safetensors months.csv
sed '5s/,.*/,-3/' months.csv >below.csv
says "a number without a logarithm, in use" 3 'rondo: below.csv:5:9: expected a number above 0 in column "v" (--transform log), found "-3"' forecast -m months.safetensors below.csv
season="--task forecast --difference season --transform log --seq-len 18 --horizon 12 --hidden-size 8 --lr 0.02 --checkpoint-every 0.000001s -j 1"
"$program" train -q $season --max-steps 8 -o whole.safetensors months.csv
"$program" train -q $season --max-steps 5 -o half.safetensors months.csv
sed -i 's/max-steps = 5/max-steps = 8/' half.run/options
rm half.safetensors half.run/finished
check "a run that is taken up again" "$program" train -q --resume half.run
check "gives the same model" cmp whole.safetensors half.safetensors

# clocks that are put back: hours that are told apart by their zones only
printf 'when,v\n' >clock.csv
for when in 00:00:00+02:00 01:00:00+02:00 02:00:00+02:00 02:00:00+01:00 03:00:00+01:00 04:00:00+01:00; do echo "2023-10-29T$when,1"; done >>clock.csv
"$program" data check --task forecast --seq-len 2 clock.csv >facts
check "the end of summer time" grep -q '^series     1, 6 rows, hourly$' facts
"$program" train -q --task forecast --seq-len 2 --hidden-size 2 --max-steps 1 -j 1 -o clock.safetensors clock.csv
check "goes on with the clock of the first row" sh -c "'$program' forecast -m clock.safetensors clock.csv | grep -q '^2023-10-29T06:00:00+02:00,'"
printf '2023-10-29T05:00:00,1\n' >>clock.csv
says "a row without a zone" 3 'rondo: clock.csv:8:1: expected a time in column "when", found "2023-10-29T05:00:00" (it is written as no time before it)' data check --task forecast --seq-len 2 clock.csv

# Quantiles learn apart from each other and cross at first, by seed 1 to 3 in some row of many.
for seed in 1 2 3; do
    "$program" train -q -f --task forecast --loss quantile --quantiles 0.4,0.5,0.6 --seq-len 6 --horizon 12 --hidden-size 4 --max-steps 1 --seed $seed -j 1 -o apart.safetensors months.csv
    "$program" forecast -m apart.safetensors --horizon 12 months.csv | sed 1d
done >apart.csv
check "quantiles are told in order" awk -F, '$2 > $3 || $3 > $4 { exit 1 } END { exit NR != 36 }' apart.csv

# what is refused
head -n 5 load.csv >short.csv
says "too few rows for a window" 3 'rondo: short.csv: the series has 4 rows, the model reads windows of 8' forecast -m load.safetensors short.csv
head -n 31 shops.csv >young.csv
says "one of the series is too short" 3 'rondo: young.csv: the series "b, east" has 2 rows, the model reads windows of 7' forecast -m shops.safetensors young.csv
check "and none is told" [ ! -s says.out ]
cut -d, -f1,3 load.csv >other.csv
says "a column that is missing" 3 'rondo: other.csv:1: there is no column "load"
hint: the nearest of 2 columns is "when"' forecast -m load.safetensors other.csv
awk -F, -v OFS=, 'NR == 1 { print } NR > 1 { $1 = sprintf("2016-02-%02d", NR - 1); print }' load.csv | head -n 20 >daily.csv
says "another frequency" 3 "rondo: daily.csv: rows are daily, those of the model or of --frequency are every 6 hours" forecast -m load.safetensors daily.csv
printf "some text to learn\nmore of it\n" >lm.txt
"$program" train -q --max-steps 1 --val-frac 0 --hidden-size 4 -j 1 -o lm.safetensors lm.txt >/dev/null 2>&1
says "another task" 4 'rondo: a model of task "lm" does not forecast' forecast -m lm.safetensors load.csv

# parts by position, looked back into
head -n 1 load.csv >part.head
check "split by position" "$program" data split --task forecast --by-position 60,0,40 -o part load.csv
check "the header stands in both parts" sh -c 'head -n 1 part.train | cmp - part.head && head -n 1 part.test | cmp - part.head'
check "evaluation looks back into history" "$program" evaluate -m load.safetensors --history part.train part.test
exit $bad
