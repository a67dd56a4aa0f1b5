using System.Text;
using Orrery.Cli;

// UTF-8 in large pieces: the console's own writer flushes every write and costs more to set up.
UTF8Encoding encoding = new(encoderShouldEmitUTF8Identifier: false);
using StreamWriter output = new(new StandardOutput(), encoding, bufferSize: 16384);
using StreamWriter error = new(Console.OpenStandardError(), encoding, bufferSize: 1024) { AutoFlush = true };
return CommandLine.Run(args, output, error, Terminal.Detect());
