import 'reflect-metadata'
import { Body, Controller, Get, Module, Post, Req, Res } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { createStream, type RequestLike, type ResponseLike, respond } from 'eventwire/node'
import { clock } from '../clock.ts'
import { type AppEvents, sendTicks } from '../ticks.ts'

@Controller('events')
class EventsController {
  // @Res() without passthrough: the stream answers, not Nest.
  @Get()
  events(@Req() req: RequestLike, @Res() res: ResponseLike): void {
    sendTicks(createStream<AppEvents>(req, res))
  }

  @Post()
  eventsFor(@Req() req: RequestLike, @Res() res: ResponseLike, @Body() body: { name: string }): void {
    sendTicks(createStream<AppEvents>(req, res), body.name)
  }
}

@Controller('clock')
class ClockController {
  @Get()
  clock(@Req() req: RequestLike, @Res() res: ResponseLike): void {
    respond(clock, req, res)
  }
}

@Module({ controllers: [ClockController, EventsController] })
class AppModule {}

const app = await NestFactory.create(AppModule, { logger: false })
await app.listen(Number(process.env.PORT ?? 3000))
console.log('listening')
