// Trains on a folder of normal images and scores others:  TrainAndScore FOLDER RUN MINUTES IMAGE...
// A run that is there already is gone on with, or scored with as it is; `mmrr` reads it too.
using System.Globalization;
using Mmrr.Nn;
using Mmrr.Training;
using Mmrr.Training.Data;
using Mmrr.Training.Runs;

string run = args[1];
var options = TrainingOptions.For("folder", args[0]) with { Minutes = double.Parse(args[2], CultureInfo.InvariantCulture) };
if (Directory.Exists(run)) MmrrTraining.Resume(run, Console.Error.WriteLine);
else MmrrTraining.Run(options, run, Console.Error.WriteLine);

using var scorer = Scorer.Load(run);
foreach (string path in args[3..])
{
    var score = scorer.Score([ImageFile.Read(path).PreparedFor(scorer.Options)], map: false)[0];
    Console.WriteLine(FormattableString.Invariant($"{path},{score.Score:R},{(score.Anomalous == true ? "abnormal" : "normal")}"));
}
